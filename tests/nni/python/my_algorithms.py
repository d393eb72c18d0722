# SPDX-License-Identifier: MIT
"""Algorithms of a user's own, as NNI's documents have them."""
import random

from nni.assessor import Assessor, AssessResult
from nni.tuner import Tuner


class MyTuner(Tuner):
    """Parameters that no search space describes."""

    def __init__(self, optimize_mode="maximize", scale=1, crash_at=None):
        self.scale = scale
        self.crash_at = crash_at
        self.seen = []

    def update_search_space(self, search_space):
        self.space = search_space

    def generate_parameters(self, parameter_id, **kwargs):
        if self.crash_at is not None and parameter_id >= self.crash_at:
            raise ValueError("no parameters for %d" % parameter_id)
        return {"x": random.random() * self.scale,
                "layers": [{"width": 2 ** i} for i in range(3)],
                "seen": len(self.seen)}

    def receive_trial_result(self, parameter_id, parameters, value, **kwargs):
        assert set(value) == {"default", "loss"}, value
        self.seen.append((parameters["x"], value["default"]))

    def import_data(self, data):
        for entry in data:
            self.seen.append((entry["parameter"]["x"],
                              entry["value"]["default"]))


class MyAssessor(Assessor):
    """Stops what begins badly."""

    def __init__(self, least):
        self.least = least

    def assess_trial(self, trial_job_id, trial_history):
        if trial_history[0]["default"] < self.least:
            return AssessResult.Bad
        return AssessResult.Good
