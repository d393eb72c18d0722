# SPDX-License-Identifier: MIT
"""A trial that leaves a model behind, in a folder with a blank in its name."""
import os

from parts.helper import NAME

x = float(os.environ["TRIALDECK_PARAM_X"])
folder = os.path.join(os.environ["NNI_OUTPUT_DIR"], "model dir")
os.makedirs(folder)
with open(os.path.join(folder, NAME), "w") as model:
    model.write("x is %g\n" % x)
print("final=%g" % x, flush=True)
