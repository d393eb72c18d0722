# SPDX-License-Identifier: MIT
"""Pack one root file system as an OCI image of one layer.

Usage: oci_image.py NAME ROOTFS.tar CONFIG-JSON ARCHIVE
(https://github.com/opencontainers/image-spec: image-layout, manifest, config)
"""
import hashlib
import io
import json
import os
import platform
import sys
import tarfile

TYPE = "application/vnd.oci.image."
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}


def digest_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as f:
        while block := f.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


class Archive:
    def __init__(self, path):
        self.tar = tarfile.open(path, "w")

    def add(self, name, value):
        """A JSON document; its descriptor."""
        data = json.dumps(value).encode()
        digest = hashlib.sha256(data).hexdigest()
        entry = tarfile.TarInfo(name or "blobs/sha256/" + digest)
        entry.size = len(data)
        self.tar.addfile(entry, io.BytesIO(data))
        return {"digest": "sha256:" + digest, "size": len(data)}

    def add_file(self, path):
        digest = digest_of(path)
        self.tar.add(path, "blobs/sha256/" + digest)
        return {"digest": "sha256:" + digest, "size": os.path.getsize(path)}


def main():
    name, rootfs, config, path = sys.argv[1:]
    archive = Archive(path)
    archive.add("oci-layout", {"imageLayoutVersion": "1.0.0"})
    layer = archive.add_file(rootfs)
    config = archive.add(None, {
        "os": "linux",
        "architecture": ARCHITECTURE.get(platform.machine(),
                                         platform.machine()),
        "config": json.loads(config),
        "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]}})
    manifest = archive.add(None, {
        "schemaVersion": 2,
        "mediaType": TYPE + "manifest.v1+json",
        "config": dict(config, mediaType=TYPE + "config.v1+json"),
        "layers": [dict(layer, mediaType=TYPE + "layer.v1.tar")]})
    archive.add("index.json", {
        "schemaVersion": 2,
        "manifests": [dict(
            manifest, mediaType=TYPE + "manifest.v1+json",
            annotations={"io.containerd.image.name": name})]})
    archive.tar.close()


if __name__ == "__main__":
    main()
