"""What both vendors of llm_server.py share."""

import json
import re

TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def pieces(rule):
    """The text of a rule as the model says it: word by word unless "words" is false."""
    text = rule.get("text", "")
    if rule.get("words", True):
        return re.findall(r"\S+\s*|\s+", text)
    return [text] if text else []


def raw_arguments(tool):
    """The arguments of a scripted call; a text goes out as it is, so that it can be bad JSON."""
    arguments = tool.get("arguments", {})
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def halves(text):
    """Two parts of a text, since arguments come in pieces."""
    return [part for part in (text[:len(text) // 2], text[len(text) // 2:]) if part]


def usage_of(rule, body):
    """(input, output) tokens of a rule, or None when none are reported."""
    if "usage" in rule and rule["usage"] is None:
        return None
    usage = rule.get("usage", {})
    said = rule.get("text", "") + "".join(raw_arguments(t) for t in rule.get("tools", []))
    return usage.get("input", -(-len(json.dumps(body)) // 4)), usage.get("output", -(-len(said) // 4))
