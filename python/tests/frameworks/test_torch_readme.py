"""README's snippets with PyTorch run, in order."""

import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import test_readme  # noqa: E402


@pytest.mark.parametrize("framework", ["torch", "transformers"])
def test_snippets(framework):
    pytest.importorskip(framework)
    chosen = [one for one in test_readme.snippets()
              if "import detinit.torch" in one[1] and ("transformers" in one[1]) == (framework == "transformers")]
    assert chosen
    test_readme.run(chosen)
