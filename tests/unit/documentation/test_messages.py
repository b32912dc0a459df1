#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Hold Documentation/troubleshooting.md against what programs and libraries can say.

usage: messages.py SOURCE-TREE [--list]

A message is a string in a call of any function that is declared with format(printf), or of one
that logs in the kernel; and any other sentence there is: in a table of reasons, say. In Python it
is what an exception is raised with. Its fixed words count; what it inserts is "…" here, and
<anything> or the text of an errno on the page. Every message has to be in a code block of the page,
and every line of these has to be made of messages. --list prints the messages.
"""
import errno
import os
import re
import sys
from pathlib import Path

import python_messages

FOLDERS = ('util', 'tlp', 'libibverbs', 'providers', 'vfio', 'shim', 'perftest', 'tools',
           'kernel/overlay/drivers')
PYTHON = 'pyverbs'
# Tests of the kernel and what its lab needs, and a program that runs when the project is built
NOT_FOR_USERS = re.compile(r'/tests/|dma-buf-tph-test\.c|lab_root_port\.c|tphctl/completion\.c')
PAGE = 'Documentation/troubleshooting.md'

# Functions that print answers and tables, or take a part of a message that is nothing by itself
ANSWERS = {'printf', 'fprintf', 'fputs', 'table_cell', 'set_cell', 'print_row', 'static_assert',
           '_Static_assert', 'capture_reader_fail_short', 'MODULE_PARM_DESC'}
# What is initialised with help, answers and pictures
HELP = {'help', 'summary', 'what', 'options', 'tph_option_table', 'setting_table', 'modules', 'names', 'types',
        'route_words', 'words'}
# Other parts of answers, which are put together in memory, and a note in a capture
PARTS = {'… in configuration space', '… notes are missing'}
# Among the arguments of a call: nothing is wrong
ALL_IS_WELL = {'HEALTH_GOOD', 'VFIO_TPH_YES'}

TOKEN = re.compile(r'''
    (?P<skip>/\*.*?\*/|//[^\n]*|\s+)
    |(?P<directive>^\#(?:\\\n|[^\n])*)
    |(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<char>'(?:[^'\\]|\\.)*')
    |(?P<word>[A-Za-z_]\w*)
    |(?P<sign>.)
    ''', re.X | re.S | re.M)
DEFINE = re.compile(r'^#\s*define\s+(\w+)\s+((?:"(?:[^"\\\n]|\\.)*"[ \t]*)+)$', re.M)
DECLARED = (re.compile(r'(\w+)\([^()]*\)\s*__attribute__\(\(format\(printf'),
            re.compile(r'__attribute__\(\(format\(printf[^)]*\)[^)]*\)\)[\w\s*]*?(\w+)\('))
LOGS = {f'{prefix}_{level}{suffix}' for prefix in ('pr', 'dev', 'pci', 'mlx5_core', 'mlx5_ib')
        for level in ('dbg', 'info', 'notice', 'warn', 'err')
        for suffix in ('', '_once', '_ratelimited')}
CONVERSION = re.compile(r'%[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|z|j|t)?(?:pe|[a-zA-Z])')


class Frame:
    """A file, or what is within one pair of brackets of it."""

    def __init__(self, name=None, is_call=False):
        self.name = name            # of the function that is called, or of what is initialised
        self.is_call = is_call
        self.words = set()
        self.strings = []
        self.last = self.target = None


def strings_in(text):
    return ''.join(re.findall(r'"((?:[^"\\]|\\.)*)"', text))


def macros_of(texts):
    """Those that are strings."""
    return {define[1]: strings_in(define[2]) for text in texts for define in DEFINE.finditer(text)}


def tokens_of(text, macros):
    """Pairs of kind and text. Strings that follow each other, and macros between them, are one."""
    string = None
    for match in TOKEN.finditer(text):
        kind, value = match.lastgroup, match[0]
        if kind in ('skip', 'directive'):
            continue
        if kind == 'string':
            value = value[1:-1]
        elif value in macros:
            kind, value = 'string', macros[value]
        elif value.startswith('PRI') and string is not None:
            kind, value = 'string', value[3].lower()
        if kind == 'string':
            string = (string or '') + value
            continue
        if string is not None:
            yield 'string', string
            string = None
        yield kind, value


def one_ellipsis(text):
    return re.sub('…+', '…', text)


def normalise(text):
    """A message as it is compared: without what it inserts, spaces and escapes."""
    text = text.replace('\\n', ' ').replace('\\t', ' ').replace('\\"', '"')
    return one_ellipsis(' '.join(CONVERSION.sub('…', text).replace('%%', '%').split()))


def is_sentence(text, least):
    return sum(bool(re.search('[A-Za-z]', word)) for word in text.split()) >= least


class Reader:
    """Finds the messages of one file."""

    def __init__(self, text, functions, macros):
        self.tokens = tokens_of(text, macros)
        self.functions = functions
        self.stack = [Frame()]
        self.messages = []

    def answers(self, text):
        """What goes into a buffer called words is a part of an answer."""
        names = {name for frame in self.stack for name in (frame.name, frame.target)}
        return names & (ANSWERS | HELP) or text in PARTS or \
            (self.stack[-1].name == 'snprintf' and 'words' in self.stack[-1].words)

    def says(self, frame):
        return frame.is_call and frame.name in self.functions

    def opens(self, bracket, follows_word):
        around = self.stack[-1]
        is_call = bracket == '(' and follows_word
        name = around.target if bracket == '{' else around.last if is_call else None
        self.stack.append(Frame(name, is_call))

    def closes(self):
        frame = self.stack.pop()
        if not self.says(frame):
            self.stack[-1].words |= frame.words
            self.stack[-1].strings += frame.strings
        elif not frame.words & ALL_IS_WELL:
            self.messages += [text for text in frame.strings
                              if is_sentence(text, 1 if '…' in text else 2)]

    def takes(self, text):
        """In a call all that is said, the pieces that are inserted too; elsewhere sentences."""
        text = normalise(text)
        if self.answers(text):
            return
        if any(map(self.says, self.stack)):
            self.stack[-1].strings.append(text)
        elif is_sentence(text, 3):
            self.messages.append(text)

    def read(self):
        before = None
        for kind, value in self.tokens:
            frame = self.stack[-1]
            if kind == 'string':
                self.takes(value)
            elif kind == 'word':
                frame.words.add(value)
                frame.last = value
            elif value in '([{':
                self.opens(value, before == 'word')
            elif value in ')]}' and len(self.stack) > 1:
                self.closes()
            elif value == '=':
                frame.target = frame.last
            elif value in ';,':
                frame.target = None
            before = kind
        return self.messages


def all_messages(tree):
    """Each with the file that has it."""
    paths = sorted(path for folder in FOLDERS for path in (tree / folder).rglob('*.[ch]')
                   if not NOT_FOR_USERS.search(str(path)))
    texts = {path: path.read_text() for path in paths}
    functions = {match[1] for text in texts.values() for pattern in DECLARED
                 for match in pattern.finditer(text)} - ANSWERS | LOGS
    macros = macros_of(texts.values())
    return {message: path.relative_to(tree) for path, text in texts.items()
            for message in Reader(text, functions, macros).read()} | raised_messages(tree)


def raised_messages(tree):
    """The same of exceptions."""
    found = {normalise(message): path.relative_to(tree)
             for path in sorted((tree / PYTHON).rglob('*.py'))
             for message in python_messages.messages_in(path.read_text())}
    assert found, f'{PYTHON} raises nothing'
    return found


def quoted_lines(page):
    """The lines of its code blocks, but for commands, normalised as messages are."""
    errors = sorted(map(re.escape, map(os.strerror, errno.errorcode)), key=len, reverse=True)
    inserted = re.compile('<[^<>]+>|' + '|'.join(errors))
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if line.startswith('    ') and line.strip()[:2] not in ('$ ', '# '):
            yield number, one_ellipsis(' '.join(inserted.sub('…', line).split()))


def reduce(line, longest_first):
    """The messages that a line is made of, and what is left of it: what is inserted into a message
    can be one itself, so each becomes an ellipsis, until nothing changes."""
    found = set()
    while True:
        message = next((message for message in longest_first if message in line), None)
        if not message:
            return found, line
        found.add(message)
        line = one_ellipsis(line.replace(message, '…'))


def compare(messages, page):
    """What is wrong, a line each."""
    longest_first = sorted(messages, key=len, reverse=True)
    explained = set()
    for number, line in quoted_lines(page):
        found, left = reduce(line, longest_first)
        explained |= found
        if re.search(r'\w', left):
            yield f'{PAGE}:{number}: nothing says this: {left}'
    for message, path in messages.items():
        if message not in explained:
            yield f'{path}: not on the page: {message}'


def main():
    tree = Path(sys.argv[1])
    messages = all_messages(tree)
    if sys.argv[2:] == ['--list']:
        for message, path in messages.items():
            print(f'{path}: {message}')
        return 0
    wrong = list(compare(messages, tree / PAGE))
    print('\n'.join(wrong) or f'{len(messages)} messages are on the page')
    return bool(wrong) or not messages


if __name__ == '__main__':
    sys.exit(main())
