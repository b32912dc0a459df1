# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What this package raises: each is one of pyverbs' own errors, too."""

from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError


class TphError(PyverbsRDMAError):
    """A library or the kernel refused. error_code is the errno, a positive number."""

    def __init__(self, msg, error_code, whole=False):
        """`whole`: the message is a library's own, and has the errno's text already."""
        super().__init__(msg, -1 if whole else error_code)
        self._errno = error_code

    @property
    def error_code(self):
        return self._errno


class TphClosedError(PyverbsUserError):
    """What was asked for needs an object that has been closed."""


class TphArgumentError(PyverbsUserError):
    """An argument that C cannot even be asked about: it does not fit into its type, or names memory
    that is not there.
    """
