# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What exceptions of a program in Python say."""
import ast

ERRNO = '. Errno: …, …'         # what pyverbs puts behind the words of its PyverbsRDMAError


def text_of(node):
    """A string with … for what is inserted; None of what is no string of its own."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return ''.join(part.value if isinstance(part, ast.Constant) else '…'
                       for part in node.values)
    return None


def message_of(call):
    """What an exception says that is made so; None if the words are somebody else's."""
    text = text_of(call.args[0]) if call.args else None
    if text and call.func.id == 'TphError' and not call.keywords:
        text += ERRNO
    return text


def messages_in(source):
    """All that are raised there, in order."""
    raised = [node.exc for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Raise)]
    return list(filter(None, (message_of(call) for call in raised if isinstance(call, ast.Call))))
