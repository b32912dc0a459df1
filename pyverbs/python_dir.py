# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""python_dir.py PREFIX: the folder below PREFIX that this interpreter looks for packages in."""

import os
import site
import sys
import sysconfig


def main(prefix):
    below = (os.path.relpath(path, prefix) for path in site.getsitepackages())
    # lib64, of some distributions, is for what is compiled; what is in lib/ comes first in others.
    fitting = [path for path in below if path.startswith("lib/")]
    version = sysconfig.get_python_version()
    print(fitting[0] if fitting else f"lib/python{version}/site-packages")


if __name__ == "__main__":
    main(sys.argv[1])
