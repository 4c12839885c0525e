"""Problems from the outside: TOML files and options, read into a Problem or a Network."""

from derive.problems.options import network, network_problem
from derive.problems.problem_file import from_table, load, load_network, loads, read_table, table_network, with_notation

__all__ = [
    "from_table",
    "load",
    "load_network",
    "loads",
    "network",
    "network_problem",
    "read_table",
    "table_network",
    "with_notation",
]
