#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""No layer can include from one above it, and none calls what is defined above it.

usage: test_layers.py COMPILER NM SOURCE-TREE LAYER...

The LAYERs come from the ground up. Each is a file of lines: the layer's folder, its library, and
the directories that its sources are compiled with -I for.
"""
import re
import subprocess
import sys
from pathlib import Path


def symbols(nm, library):
    """What it needs of others, or of its own other files, and what it defines."""
    done = subprocess.run([nm, '-P', '-g', library], text=True, check=True,
                          stdout=subprocess.PIPE)
    pairs = [line.split()[:2] for line in done.stdout.splitlines() if ' ' in line]
    return ({name for name, kind in pairs if kind == 'U'},
            {name for name, kind in pairs if kind != 'U'})


class Layer:
    def __init__(self, tree, nm, description):
        folder, library, *includes = Path(description).read_text().split('\n')
        self.folder = Path(folder)
        self.needed, self.defined = symbols(nm, library)
        self.includes = [directory for directory in includes if directory]
        root = tree / 'emulator'
        self.name = self.folder.relative_to(root if root in self.folder.parents else tree)

    def headers(self):
        """As others include them."""
        return [f'{self.name}/{path.name}' for path in sorted(self.folder.glob('*.h'))]

    def sources(self):
        return sorted(self.folder.glob('*.[ch]'))


def visible(compiler, layer, headers):
    """Which of @headers a source in the folder of @layer can include."""
    probe = ''.join(f'#if __has_include("{header}")\nfound {header}\n#endif\n'
                    for header in headers)
    flags = [f'-I{directory}' for directory in layer.includes]
    # What comes from standard input lies in the current directory.
    done = subprocess.run([compiler, *flags, '-E', '-P', '-x', 'c', '-'], input=probe, text=True,
                          cwd=layer.folder, check=True, stdout=subprocess.PIPE)
    return re.findall(r'^found (.*)$', done.stdout, re.M)


def complaints(compiler, layers):
    for i, layer in enumerate(layers):
        own = layer.headers()
        above = [header for upper in layers[i + 1:] for header in upper.headers()]
        found = visible(compiler, layer, own + above)
        # If it saw nothing at all, the rest would prove nothing.
        if not own or found[:len(own)] != own:
            yield f'{layer.name} does not find its own headers'
        for header in sorted(set(found) & set(above)):
            yield f'{layer.name} can include {header}'
        for source in layer.sources():
            if re.search(r'^\s*#\s*include\s+"[^"]*\.\./', source.read_text(), re.M):
                yield f'{source} includes by a path with ..'
        for upper in layers[i + 1:]:
            for symbol in sorted(layer.needed & upper.defined):
                yield f'{layer.name} uses {symbol} of {upper.name}'


def main():
    compiler, nm, tree, *descriptions = sys.argv[1:]
    layers = [Layer(Path(tree), nm, description) for description in descriptions]
    wrong = list(complaints(compiler, layers))
    print('\n'.join(wrong) or f'{len(layers)} layers, and no way up')
    return bool(wrong) or len(layers) < 2


if __name__ == '__main__':
    sys.exit(main())
