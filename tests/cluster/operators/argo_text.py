# SPDX-License-Identifier: MIT
"""Texts in workflows, for the double of Argo's controller: {{parameters}}, `when`,
conditions of resource templates, JSON paths, and names of nodes and pods."""
import json
import re


def fnv(text):
    value = 2166136261
    for byte in text.encode():
        value = ((value ^ byte) * 16777619) & 0xffffffff
    return value


def node_id(workflow, name):
    return workflow if name == workflow else "%s-%d" % (workflow, fnv(name))


def pod_name(workflow, name, template):
    """The second scheme."""
    if name == workflow:
        return workflow
    return "%s-%d" % ((workflow + "-" + template)[:242], fnv(name))


def fill(tree, scope):
    """A copy with every {{name}} that is known filled in."""
    def value(match):
        name = match.group(1).strip()
        return json.dumps(str(scope[name]))[1:-1] if name in scope else \
            match.group(0)
    return json.loads(re.sub(r"\{\{([^{}]*)\}\}", value, json.dumps(tree)))


def holds(expression):
    """`when`: comparisons of texts, && and ||."""
    def compare(text):
        left, operator, right = re.split(r"(==|!=)", text, maxsplit=1)
        left, right = left.strip(" \"'"), right.strip(" \"'")
        return (left == right) == (operator == "==")
    return any(all(compare(part) for part in either.split("&&"))
               for either in expression.split("||"))


def at_path(thing, path):
    """a.b[0].c; None when it leads nowhere."""
    for step in re.findall(r"[^.\[\]]+", path):
        try:
            thing = thing[int(step)] if isinstance(thing, list) else \
                thing.get(step)
        except (IndexError, AttributeError, ValueError):
            return None
    return thing


def json_path(thing, template):
    """kubectl's {.a.b}."""
    value = at_path(thing, template.strip().strip("{}").lstrip("."))
    return value if isinstance(value, str) else json.dumps(value)


def requirement(thing, text):
    found = re.fullmatch(r"\s*(\S+?)\s*(==|=|!=|>|<|\bnotin\b|\bin\b)\s*(.*?)"
                         r"\s*", text)
    path, operator, right = found.groups()
    value = at_path(thing, path)
    if operator in (">", "<"):
        return value is not None and (
            float(value) > float(right) if operator == ">" else
            float(value) < float(right))
    value = "" if value is None else value if isinstance(value, str) else \
        json.dumps(value)
    if operator in ("in", "notin"):
        words = [w.strip() for w in right.strip("()").split(",")]
        return (value in words) == (operator == "in")
    return (value == right) == (operator != "!=")


def requirements(thing, condition):
    """Each one of a condition in label-selector syntax."""
    return [requirement(thing, part) for part in
            re.split(r",(?![^(]*\))", condition)]


def identity(manifest):
    """(path of the collection, name) of a manifest's one object, in YAML."""
    def find(pattern):
        found = re.search(pattern, manifest, re.M)
        return found.group(1) if found else None
    version = find(r"^apiVersion:\s*\"?([^\s\"]+)")
    kind = find(r"^kind:\s*\"?([^\s\"]+)").lower()
    name = find(r"^metadata:(?:[^\S\n]*\{[^}\n]*?\bname:\s*|"
                r"\n(?: +[^\n]*\n)*? +name:\s*)\"?([^\s,\"}]+)")
    return ("/api/" if "/" not in version else "/apis/") + version, \
        kind + "s", name
