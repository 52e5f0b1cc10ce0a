"""Clients that behave badly, in great numbers, and those that measure what others still get meanwhile."""
import errno
import http.client
import random
import select
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from rig import HOST


def request(path, method="GET", head="", body=b""):
    return f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\n{head}\r\n".encode() + body


def connect(port, source=None, receive_buffer=None):
    """A socket that connects without waiting."""
    client = socket.socket()
    client.setblocking(False)
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    if source:
        client.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
        client.bind((source, 0))
    error = client.connect_ex((HOST, port))
    if error not in (0, errno.EINPROGRESS):
        client.close()
        raise OSError(error, "cannot connect")
    return client


def crowd(port, number, sent, sources=None, receive_buffer=None):
    """So many connections, each of which has sent these bytes (a function of its number, or bytes)."""
    clients, waiting = [], select.epoll()
    for n in range(number):
        client = connect(port, sources[n % len(sources)] if sources else None, receive_buffer)
        clients.append(client)
        if n % 200 == 199:
            time.sleep(0.02)
    payload = sent if callable(sent) else lambda _: sent
    pending = {client.fileno(): (client, payload(n)) for n, client in enumerate(clients)}
    for number in pending:
        waiting.register(number, select.EPOLLOUT)
    until = time.monotonic() + 20
    while pending and time.monotonic() < until:
        for number, _ in waiting.poll(0.2):
            client, data = pending.pop(number)
            waiting.unregister(number)
            try:
                client.send(data) if data else None
            except OSError:
                pass
    waiting.close()
    return clients


class SlowReaders:
    """Reads from all of these sockets at a rate, in a thread, until it is stopped."""

    def __init__(self, clients, bytes_a_second):
        self.clients, self.rate, self.running, self.read, self.ended = clients, bytes_a_second, True, 0, 0
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        tick, live = 0.25, list(self.clients)
        while self.running:
            began = time.monotonic()
            for client in list(live):
                try:
                    data = client.recv(int(self.rate * tick))
                    self.read += len(data)
                    if not data:
                        live.remove(client)
                except BlockingIOError:
                    continue
                except OSError:
                    live.remove(client)
            self.ended = len(self.clients) - len(live)
            time.sleep(max(0, tick - (time.monotonic() - began)))

    def stop(self):
        self.running = False
        self.thread.join()


def close(clients):
    for client in clients:
        client.close()


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else float("nan")


class Answers:
    """What a load was answered: (status, seconds, headers) each; status 0 where nothing came in time."""

    def __init__(self):
        self.all, self.seconds = [], 0.0

    def good(self):
        return [took for status, took, _ in self.all if status == 200]

    def share(self):
        return len(self.good()) / max(1, len(self.all))

    def statuses(self):
        counts = {}
        for status, _, _ in self.all:
            counts[status] = counts.get(status, 0) + 1
        return dict(sorted(counts.items()))


def ask(port, path, timeout, headers=()):
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout)
    began = time.monotonic()
    try:
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        answer.read()
        return answer.status, time.monotonic() - began, answer.headers
    except (OSError, http.client.HTTPException):
        return 0, time.monotonic() - began, {}
    finally:
        connection.close()


def closed_loop(port, paths, clients, seconds, timeout=10):
    """Each client asks for the next path when it was answered."""
    answers, lock, until = Answers(), threading.Lock(), time.monotonic() + seconds
    source = iter(paths) if not isinstance(paths, list) else None

    def client(n):
        dice = random.Random(n)
        while time.monotonic() < until:
            with lock:
                path = next(source, None) if source else dice.choice(paths)
            if path is None:
                return
            answers.all.append(ask(port, path, timeout))

    began = time.monotonic()
    threads = [threading.Thread(target=client, args=(n,), daemon=True) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.seconds = time.monotonic() - began
    return answers


def open_loop(port, paths, a_second, seconds, timeout=10):
    """So many requests a second, however they are answered; each on a connection of its own, without threads."""
    answers, waiting, live = Answers(), select.epoll(), {}
    began, sent, refused = time.monotonic(), 0, 0
    end = began + seconds

    def finish(number, status):
        client, at, data, _, _ = live.pop(number)
        waiting.unregister(number)
        client.close()
        head = bytes(data[:1000]).split(b"\r\n\r\n")[0].decode("latin-1")
        answers.all.append((status, time.monotonic() - at, {"Retry-After": "retry-after:" in head.lower()}))

    while time.monotonic() < end or live:
        now = time.monotonic()
        while now < end and sent < (now - began) * a_second:
            try:
                client = connect(port)
            except OSError:
                refused += 1
                sent += 1
                continue
            live[client.fileno()] = [client, now, bytearray(), next(paths), 0]
            waiting.register(client.fileno(), select.EPOLLOUT)
            sent += 1
        for number, events in waiting.poll(0.01):
            entry = live[number]
            try:
                if events & select.EPOLLOUT:
                    entry[0].send(request(entry[3], head="Connection: close\r\n"))
                    waiting.modify(number, select.EPOLLIN)
                    continue
                data = entry[0].recv(1 << 18)
            except BlockingIOError:
                continue
            except OSError:
                finish(number, 0)
                continue
            if data:
                entry[4] += len(data)
                entry[2] += data[:max(0, 1000 - len(entry[2]))]
            else:
                finish(number, int(entry[2][9:12]) if entry[2][9:12].isdigit() else 0)
        for number in [n for n, entry in live.items() if now - entry[1] > timeout]:
            finish(number, 0)
    answers.all += [(0, 0.0, {})] * refused
    answers.seconds = time.monotonic() - began
    return answers


def together(calls):
    """All of these calls at once; what they return."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [done.result() for done in [pool.submit(call) for call in calls]]


class Sampler:
    """The largest value that a function returned while it ran."""

    def __init__(self, read, pause=0.1):
        self.read, self.pause, self.most, self.running = read, pause, 0, True
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        while self.running:
            try:
                self.most = max(self.most, self.read())
            except OSError:
                pass
            time.sleep(self.pause)

    def stop(self):
        self.running = False
        self.thread.join()
        return self.most
