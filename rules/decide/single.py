"""What criteria have in common that stand for one leaf of the language."""

from __future__ import annotations

from typing import ClassVar

from rules.language.model import Credits, Holds, Kpi, Leaf


class Single:
    """A criterion without parts."""

    __slots__ = ()

    is_leaf: ClassVar = True
    leaf: Leaf | Kpi | Credits | Holds

    @property
    def id(self) -> str:
        return self.leaf.id

    @property
    def is_waivable(self) -> bool:
        return self.leaf.waivable
