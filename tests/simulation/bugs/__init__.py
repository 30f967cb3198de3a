"""Planted bugs: each puts one mistake into the real code, as others made it or as we could.

They prove that the auditor sees: a promise that nothing can break is not checked.
"""

from tests.simulation.bugs import late, money, record, request, search
from tests.simulation.bugs.planting import BUGS, planted

__all__ = ["BUGS", "late", "money", "planted", "record", "request", "search"]
