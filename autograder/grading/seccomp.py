"""A seccomp filter for student code: a classic BPF program that bubblewrap loads before it starts the kernel.

It closes what namespaces and rlimits leave open: memory that no limit counts (memfd, System V shared memory), new
namespaces, socket families other than local ones, and parts of the Linux kernel that no notebook needs.
"""

import platform
import struct

#: For each machine: its audit number, and the system calls refused, `clone`, `clone3` and `socket` by number.
MACHINES = {
    "x86_64": (0xC000003E, {"clone": 56, "clone3": 435, "socket": 41}),
    "aarch64": (0xC00000B7, {"clone": 220, "clone3": 435, "socket": 198}),
}
REFUSED = {  # name: (x86_64, aarch64)
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    "ptrace": (101, 117),
    "process_vm_writev": (311, 271),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
}
#: AF_UNIX, AF_INET, AF_INET6 (there is no network to reach with them) and AF_NETLINK, which libzmq asks for interfaces.
FAMILIES = (1, 2, 10, 16)
NEW_NAMESPACE = 0x7E020000  # all CLONE_NEW… flags of clone

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, MACHINE, FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
ALLOW, KILL = 0x7FFF0000, 0x80000000
EPERM, ENOSYS, EAFNOSUPPORT = (0x00050000 | error for error in (1, 38, 97))


def program(machine: str = platform.machine()) -> bytes | None:
    """The filter as the array of `struct sock_filter` that bubblewrap reads, or None for a machine not known here."""
    if machine not in MACHINES:
        return None
    audit, calls = MACHINES[machine]
    column = list(MACHINES).index(machine)
    code = [(LOAD, MACHINE), (EQUAL, audit, 1, 0), (RETURN, KILL), (LOAD, NUMBER)]
    code += [(AT_LEAST, 0x40000000, 0, 1), (RETURN, ENOSYS)]  # the x32 calls of x86_64, under numbers of their own
    for numbers in REFUSED.values():
        code += [(EQUAL, numbers[column], 0, 1), (RETURN, EPERM)]
    # clone3 has its flags in memory, out of a filter's sight; the C library falls back to clone.
    code += [(EQUAL, calls["clone3"], 0, 1), (RETURN, ENOSYS)]
    code += [(EQUAL, calls["clone"], 0, 4), (LOAD, FIRST_ARGUMENT), (ANY_BIT, NEW_NAMESPACE, 0, 1), (RETURN, EPERM)]
    code += [(RETURN, ALLOW)]
    code += [(EQUAL, calls["socket"], 0, 2 + 2 * len(FAMILIES)), (LOAD, FIRST_ARGUMENT)]
    for family in FAMILIES:
        code += [(EQUAL, family, 0, 1), (RETURN, ALLOW)]
    code += [(RETURN, EAFNOSUPPORT), (RETURN, ALLOW)]
    return b"".join(struct.pack("=HBBI", c, *(jumps or (0, 0)), k) for c, k, *jumps in code)
