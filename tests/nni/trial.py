# SPDX-License-Identifier: MIT
"""A trial as NNI's users write them: nothing in it knows trialdeck."""
import nni

parameters = nni.get_next_parameter()
for step in range(4):
    nni.report_intermediate_result(parameters["x"] + step)
nni.report_intermediate_result({"default": 10.5, "loss": 0.25,
                                "note": "it's text"})
nni.report_intermediate_result(float("nan"))
nni.report_final_result({"default": parameters["x"], "accuracy": 0.75})
