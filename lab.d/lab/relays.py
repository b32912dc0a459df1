# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The guest's ports that are joined to files of ours."""

import fcntl
import os
import signal
import socket
import struct
import termios
import threading
import tty

ESCAPE = b"\x1d"        # Ctrl-] leaves a guest that does not answer any more


class Relay:
    """One port of the guest, joined to one of our files by a thread."""

    def __init__(self, name):
        self.name = name
        self.ours, self.guest_end = socket.socketpair()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def device(self):
        return f"virtserialport,chardev={self.name},name={self.name}"

    def start(self, _qemu):
        self.guest_end.close()
        self.thread.start()

    def finish(self):
        """QEMU has ended: what it left in the socket still has to arrive."""

    def close(self):
        for end in (self.guest_end, self.ours):
            end.close()

    def run(self):
        raise NotImplementedError


class Input(Relay):
    """A file of ours, to be read in the guest up to its end."""

    def __init__(self, name, fd):
        super().__init__(name)
        self.fd = fd

    def run(self):
        try:
            while data := os.read(self.fd, 65536):
                self.ours.sendall(data)
            self.ours.shutdown(socket.SHUT_WR)
        except OSError:
            pass        # the guest is gone, or our input is


class Output(Relay):
    """What the guest writes, to a file of ours."""

    def __init__(self, name, fd):
        super().__init__(name)
        self.fd = fd

    def run(self):
        try:
            while data := self.ours.recv(65536):
                while data:
                    data = data[os.write(self.fd, data):]
        except OSError:
            os.kill(os.getpid(), signal.SIGTERM)    # nobody reads it any more

    def finish(self):
        self.thread.join()


class Terminal(Relay):
    """Our terminal, raw, as the guest's."""

    def __init__(self):
        super().__init__("lab.terminal")
        self.qemu = None
        self.escaped = False
        self.saved = termios.tcgetattr(0)

    def device(self):
        return f"virtconsole,chardev={self.name},name={self.name}"

    def start(self, qemu):
        self.qemu = qemu
        tty.setraw(0)
        threading.Thread(target=self.read_keys, daemon=True).start()
        super().start(qemu)

    def read_keys(self):
        try:
            while data := os.read(0, 4096):
                if ESCAPE in data:
                    self.escaped = True
                    self.qemu.kill()
                    return
                self.ours.sendall(data)
        except OSError:
            pass

    def run(self):
        try:
            while data := self.ours.recv(65536):
                while data:
                    data = data[os.write(1, data):]
        except OSError:
            pass

    def finish(self):
        self.thread.join()

    def close(self):
        termios.tcsetattr(0, termios.TCSADRAIN, self.saved)
        super().close()


class Resizer(Relay):
    """Tells the guest each time our terminal changes its size."""

    def __init__(self):
        super().__init__("lab.in")
        signal.signal(signal.SIGWINCH, self.resized)

    def resized(self, *_):
        rows, columns, *_ = struct.unpack("4H", fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(8)))
        try:
            self.ours.sendall(f"{rows} {columns}\n".encode())
        except OSError:
            pass

    def run(self):
        pass
