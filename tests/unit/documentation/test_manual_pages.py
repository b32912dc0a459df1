#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Every public function, installed program and option has its manual page.

usage: test_manual_pages.py SOURCE-TREE PROGRAM...

Functions are those of the libraries' .map files, and in Python all that is public in the modules that
the head of pyverbs_tph names; programs those that debian/*.install name; options what each PROGRAM,
of the build, prints for --help, and perftest's are a table in its source.
"""
import ast
import re
import subprocess
import sys
from pathlib import Path

PAGES = 'Documentation/man'
# Programs under perftest's names have perftest's own pages beside this one.
PERFTEST_PAGE = 'perftest-tph'
PYTHON = 'pyverbs/pyverbs_tph'
PYTHON_PAGE = 'pyverbs_tph.3'
# What its modules need of each other
PYTHON_INNER = {'add_ref', 'call', 'member'}


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


def python_names(body):
    """What statements define that is public, as a page writes it: a function with its bracket."""
    for node in body:
        names = []
        if isinstance(node, ast.FunctionDef):
            is_property = any(isinstance(by, ast.Name) and by.id == 'property'
                              for by in node.decorator_list)
            names = [node.name if is_property else f'{node.name}(']
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.ClassDef):
            names = [node.name, *python_names(node.body)]
        yield from (name for name in names
                    if not name.startswith('_') and name.rstrip('(') not in PYTHON_INNER)


def check_python(tree, pages):
    head = (tree / PYTHON / '__init__.py').read_text()
    found = {name for module in re.findall(r'^pyverbs_tph\.(\w+)  ', head, re.M)
             for name in python_names(ast.parse((tree / PYTHON / f'{module}.py').read_text()).body)}
    if not found:
        yield f'{PYTHON} defines nothing'
    # Constants are those of C, whose pages say what they mean.
    every = '\n'.join(pages.texts.values())
    for name in sorted(found):
        text = every if name.isupper() else pages.texts[PYTHON_PAGE]
        ends = '' if name.endswith('(') else r'\b'
        if not re.search(rf'\b{re.escape(name)}{ends}', text):
            yield f'pyverbs_tph: {name.rstrip("(")} is not in {PYTHON_PAGE}.md'


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
             *check_python(tree, pages), *check_perftest_options(tree, pages)]
    for program in programs:
        wrong += check_options(program, pages)
    print('\n'.join(wrong) or 'all have their manual pages')
    return bool(wrong) or not list(functions_of(tree))


if __name__ == '__main__':
    sys.exit(main())
