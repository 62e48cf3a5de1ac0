"""YAML as policies are written: one document a file, no aliases, anchors, tags or merges, and a place for everything."""

from engine.strict_yaml.place import Place
from engine.strict_yaml.problem import YAMLError, YAMLProblem
from engine.strict_yaml.reader import Document, Path, read

__all__ = ["Document", "Path", "Place", "YAMLError", "YAMLProblem", "read"]
