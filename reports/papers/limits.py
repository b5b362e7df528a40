"""What filling a template may cost, and how the child process answers."""

MEMORY = 1_500 * 2**20  # bytes of address space
CPU_SECONDS = 60  # a country's list of 11,000 agencies takes most of it, a province's a second or two
MAX_TEMPLATE = 5 * 2**20  # bytes
DONE, FAULT = b"+", b"-"  # the first byte of the answer


def cpu_seconds(rows):
    """For a report with so many rows: who sends a template that never ends is told so before the line is cut."""
    return min(CPU_SECONDS, 10 + rows // 200)
