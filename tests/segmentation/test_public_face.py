"""What `import segmentation` offers and loads."""

import subprocess
import sys

import pytest

import segmentation


def test_public_names_are_sorted_and_importable() -> None:
    assert segmentation.__all__ == sorted(segmentation.__all__)
    for name in segmentation.__all__:
        assert getattr(segmentation, name) is not None
    assert set(segmentation.__all__) == set(dir(segmentation))


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = segmentation.no_such_name


@pytest.mark.parametrize(
    "module", ["segmentation", "segmentation.config", "segmentation.model", "segmentation.errors"]
)
def test_settings_and_models_load_neither_pandas_nor_scikit_learn(module: str) -> None:
    heavy = ("pandas", "sklearn", "scipy", "rapidfuzz")
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
