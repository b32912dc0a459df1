#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Every public function, installed program and option has its manual page.

usage: test_manual_pages.py SOURCE-TREE PROGRAM...

Functions are those of the libraries' .map files; programs those that debian/*.install name; options
what each PROGRAM, of the build, prints for --help, and perftest's are a table in its source.
"""
import re
import subprocess
import sys
from pathlib import Path

PAGES = 'Documentation/man'
# Programs under perftest's names have perftest's own pages beside this one.
PERFTEST_PAGE = 'perftest-tph'


class Pages:
    """The manual pages, without the marks of Markdown."""

    def __init__(self, tree):
        self.texts = {path.name.removesuffix('.md'): re.sub(r'[\\*]', '', path.read_text())
                      for path in (tree / PAGES).glob('*.md')}
        aliases = (tree / PAGES / 'CMakeLists.txt').read_text()
        self.aliases = dict(re.findall(r'(\w+\.3):(\w+\.3)\b', aliases))

    def of_function(self, name):
        page = f'{name}.3'
        return self.texts.get(self.aliases.get(page, page))

    def of_program(self, name):
        for section in '18':
            if f'{name}.{section}' in self.texts:
                return self.texts[f'{name}.{section}']
        return None


def functions_of(tree):
    for path in sorted([*tree.glob('*/lib*.map'), *tree.glob('*/*/lib*.map')]):
        for declared in re.findall(r'global:(.*?)(?:local:|\})', path.read_text(), re.S):
            yield from re.findall(r'^\s*(\w+);', declared, re.M)


def check_functions(tree, pages):
    for name in functions_of(tree):
        text = pages.of_function(name)
        if not text:
            yield f'{name}(): no page {name}.3.md, nor an alias in {PAGES}/CMakeLists.txt'
        elif f'{name}(' not in text.partition('# DESCRIPTION')[0]:
            yield f'{name}(): not in the synopsis of its page'


def installed_programs(tree):
    for path in sorted(tree.glob('debian/*.install')):
        for pattern in re.findall(r'^usr/s?bin/(\S+)', path.read_text(), re.M):
            yield PERFTEST_PAGE if '*' in pattern else pattern


def check_programs(tree, pages):
    for name in sorted(set(installed_programs(tree))):
        if not pages.of_program(name):
            yield f'{name}: no manual page'
    makefile = (tree / 'perftest/CMakeLists.txt').read_text()
    for name in re.search(r'set\(PERFTEST_TOOLS\s(.*?)\)', makefile, re.S)[1].split():
        if not re.search(rf'\b{name}\b', pages.of_program(PERFTEST_PAGE)):
            yield f'{name}: not in {PERFTEST_PAGE}.1.md'


def documents(text, option):
    return re.search(rf'(?<![\w-]){re.escape(option)}(?![\w-])', text)


def options_in(shown):
    """Of a help text: -x, --long, and the keys of an option, key=."""
    yield from re.findall(r'^\s+(-\w), --', shown, re.M)
    yield from re.findall(r'(?<![\w-])--[a-z][a-z-]*', shown)
    yield from re.findall(r'^ {6}([a-z][a-z-]*)=', shown, re.M)


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def helps_of(program):
    shown = run(program, '--help')
    yield shown
    if Path(program).name == 'tphctl':
        for command in re.findall(r'^  ([a-z]+(?: [a-z]+)?)  ', shown, re.M):
            yield run(program, *command.split(), '--help')


def check_options(program, pages):
    name = Path(program).name
    text = pages.of_program(name) or ''
    found = {option for shown in helps_of(program) for option in options_in(shown)}
    if not found:
        yield f'{name} --help shows no options'
    for option in sorted(found):
        if not documents(text, option):
            yield f'{name}: {option} is not on its page'


def check_perftest_options(tree, pages):
    source = (tree / 'perftest/options.c').read_text()
    options = re.findall(r'^\t\t"([a-z-]+)", "[a-z_]+", TPH_ARGUMENT', source, re.M)
    if not options:
        yield 'perftest/options.c: no table of options found'
    for option in options:
        if not documents(pages.of_program(PERFTEST_PAGE), f'--{option}'):
            yield f'perftest: --{option} is not in {PERFTEST_PAGE}.1.md'


def main():
    tree, programs = Path(sys.argv[1]), sys.argv[2:]
    pages = Pages(tree)
    wrong = [*check_functions(tree, pages), *check_programs(tree, pages),
             *check_perftest_options(tree, pages)]
    for program in programs:
        wrong += check_options(program, pages)
    print('\n'.join(wrong) or 'all have their manual pages')
    return bool(wrong) or not list(functions_of(tree))


if __name__ == '__main__':
    sys.exit(main())
