# SPDX-License-Identifier: MIT
"""The variables that the training operator gives the pods of each kind, for
its double in kubeflow.py."""
import json


def tfjob(job, role, index):
    if sum(job.count(r) for r in job.replicas) == 1:
        return {}
    cluster = {r.lower(): ["%s:%d" % (job.host(r, i), job.port)
                           for i in range(job.count(r))]
               for r in job.replicas if r != "Evaluator"}
    config = {"cluster": cluster, "environment": "cloud",
              "task": {"type": role.lower(), "index": index}}
    if job.thing["spec"].get("enableDynamicWorker"):
        config = {"sparseCluster": {
            "worker": {str(index): cluster["worker"][index]}
            if role == "Worker" else {},
            "ps": cluster.get("ps", [])}, "task": config["task"]}
    return {"TF_CONFIG": json.dumps(config)}


def ranks(job, role, index):
    """Of the master 0, of workers behind it."""
    total = sum(job.count(r) for r in job.replicas)
    return (index + (role != "Master" and job.count("Master")), total,
            "Master" if job.count("Master") else "Worker")


def pytorchjob(job, role, index):
    rank, total, first = ranks(job, role, index)
    per_node = str(job.thing["spec"].get("nprocPerNode", "auto"))
    env = {"PYTHONUNBUFFERED": 1, "PET_NPROC_PER_NODE": per_node}
    elastic = job.thing["spec"].get("elasticPolicy")
    if elastic is not None:
        env["PET_NNODES"] = "%s:%s" % (
            elastic.get("minReplicas", total),
            elastic.get("maxReplicas", total))
        env["PET_RDZV_BACKEND"] = elastic.get("rdzvBackend", "c10d")
        env["PET_RDZV_ENDPOINT"] = "%s:%d" % (
            job.pod_name("Worker", 0), elastic.get("rdzvPort", job.port))
        env["PET_RDZV_ID"] = elastic.get("rdzvId", job.name)
        env["PET_MAX_RESTARTS"] = elastic.get("maxRestarts", 10)
        return env
    address = job.pod_name(first, 0)
    processes = int(per_node) if per_node.isdigit() else 1
    env.update({"MASTER_ADDR": address, "MASTER_PORT": job.port,
                "WORLD_SIZE": total * processes, "RANK": rank,
                "PET_MASTER_ADDR": address, "PET_MASTER_PORT": job.port,
                "PET_NNODES": total, "PET_NODE_RANK": rank})
    return env


def xgboostjob(job, role, index):
    rank, total, first = ranks(job, role, index)
    env = {"PYTHONUNBUFFERED": 0, "MASTER_ADDR": job.pod_name(first, 0),
           "MASTER_PORT": job.port, "WORLD_SIZE": total, "RANK": rank}
    if job.count("Worker"):
        env["WORKER_PORT"] = job.port
        env["WORKER_ADDRS"] = ",".join(
            job.pod_name("Worker", i) for i in range(job.count("Worker")))
    return env


def paddlejob(job, role, index):
    _, total, first = ranks(job, role, index)
    return {"PADDLE_JOB_ID": job.name, "PADDLE_NNODES": total,
            "PADDLE_MASTER": "%s:%d" % (job.pod_name(first, 0), job.port)}


def jaxjob(job, role, index):
    return {"PYTHONUNBUFFERED": 1, "COORDINATOR_PORT": job.port,
            "COORDINATOR_ADDRESS": job.pod_name("Worker", 0),
            "NUM_PROCESSES": job.count("Worker"), "PROCESS_ID": index}


def mpijob(job, role, index):
    if role != "Launcher":
        return {}
    return {"OMPI_MCA_plm_rsh_agent": "/etc/mpi/kubexec.sh",
            "OMPI_MCA_orte_default_hostfile": "/etc/mpi/hostfile"}


def environment(job, role, index):
    kinds = {"TFJob": tfjob, "PyTorchJob": pytorchjob, "MPIJob": mpijob,
             "XGBoostJob": xgboostjob, "PaddleJob": paddlejob,
             "JAXJob": jaxjob}
    return kinds[job.kind](job, role, index)
