#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A pcscd of one's own, with one virtual reader.

usage: pcscd-private.py DIR

DIR/socket is where it listens (PCSCLITE_CSOCK_NAME), DIR/port has the TCP port
where the reader waits for its card. It becomes pcscd, so that its process id is
pcscd's. The machine's own pcscd, if there is one, is neither needed nor
disturbed: as under systemd the socket is made before pcscd starts, which then
does not write to /run/pcscd, but wants it to exist. Root makes it, if need be,
and becomes nobody, or pcscd would leave its process id there.
"""
import os
import pwd
import shutil
import socket
import sys

DRIVERS = ['/usr/lib/pcsc/drivers/serial/libifdvpcd.so',
           '/usr/local/lib/pcsc/drivers/serial/libifdvpcd.so']


def free_port():
    """vpcd listens on two ports in a row, one per slot of its reader."""
    while True:
        first, second = socket.socket(), socket.socket()
        with first, second:
            first.bind(('127.0.0.1', 0))
            port = first.getsockname()[1]
            try:
                second.bind(('127.0.0.1', port + 1))
            except (OSError, OverflowError):
                continue
            return port


def drop_root(top):
    if os.getuid() != 0:
        return
    os.makedirs('/run/pcscd', exist_ok=True)
    nobody = pwd.getpwnam('nobody')
    os.chown(top, nobody.pw_uid, nobody.pw_gid)
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)


def main():
    if len(sys.argv) != 2:
        sys.exit('usage: pcscd-private.py DIR')
    if os.getuid() != 0 and not os.path.isdir('/run/pcscd'):
        sys.exit('pcscd-private.py: only root can make /run/pcscd')
    top = os.path.abspath(sys.argv[1])
    driver = next(p for p in DRIVERS if os.path.exists(p))
    port = free_port()
    os.makedirs(top + '/conf')
    # pcscd loads a path once: a copy keeps ours apart from the system's.
    shutil.copyfile(os.path.realpath(driver), top + '/vpcd.so')
    with open(top + '/conf/reader', 'w') as conf:
        conf.write('FRIENDLYNAME "p11-mdoc test reader"\n'
                   'DEVICENAME /dev/null:0x%04X\n'
                   'LIBPATH %s/vpcd.so\n'
                   'CHANNELID 0x%04X\n' % (port, top, port))
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(top + '/socket')
    listening.listen(16)
    os.dup2(listening.fileno(), 3)
    os.set_inheritable(3, True)
    os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))
    drop_root(top)
    with open(top + '/port.new', 'w') as out:
        out.write('%d\n' % port)
    os.rename(top + '/port.new', top + '/port')
    os.execv('/usr/sbin/pcscd', ['pcscd', '--foreground', '-c',
                                 top + '/conf'])


main()
