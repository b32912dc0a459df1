# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The lab's commands: their options, their help, and what they do once all they need is ready."""
