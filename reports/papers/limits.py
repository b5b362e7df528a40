"""What filling a template may cost: a stranger's template must not take the server with it."""

MEMORY = 1_500 * 2**20  # bytes of address space
CPU_SECONDS = 60  # a country's list of 11,000 agencies takes most of it, a province's a second or two
MAX_TEMPLATE = 5 * 2**20  # bytes
