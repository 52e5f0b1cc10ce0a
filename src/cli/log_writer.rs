//! Writes log lines many at a time, in a thread of its own.

use std::io::{self, ErrorKind, Write};
use std::mem;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tracing_subscriber::fmt::MakeWriter;

/// How long a line waits for others, so that they are written together.
const GATHER: Duration = Duration::from_millis(5);

/// Lines of this many bytes are written without waiting for others.
const FULL: usize = 64 << 10;

/// The most bytes that wait while the output is blocked. The batch that is being written comes on top.
const MAX_UNWRITTEN: usize = 8 << 20;

/// The capacity in bytes that an empty buffer keeps.
const MAX_KEPT: usize = 2 * FULL;

/// How long the end of the log waits for a blocked output.
const MAX_END: Duration = Duration::from_secs(1);

/// Appends lines to the buffer of a log. It waits for no output.
pub(super) struct LogWriter(Arc<Buffer>);

/// One line for the buffer.
pub(super) struct Line<'a>(&'a Buffer);

/// Lines that are not written yet are written when it is dropped.
#[must_use]
pub(super) struct LogGuard {
    buffer: Arc<Buffer>,
    /// Disconnected once the thread has ended.
    ended: Receiver<()>,
}

/// The lines that the thread has not taken yet.
#[derive(Default)]
struct Buffer {
    unwritten: Mutex<Unwritten>,
    /// Notified of the first line, when the lines become many, and of the end.
    changed: Condvar,
}

#[derive(Default)]
struct Unwritten {
    lines: Vec<u8>,
    /// The number of lines that found no room after these.
    lost: u64,
    /// Lines are written without waiting for others, and the thread ends after the last one.
    ends: bool,
}

/// Starts the thread that writes the lines. Once an output that was blocked works again, the thread calls `report` with the
/// number of lines that were lost. `report` may log.
pub(super) fn start(
    mut output: impl Write + Send + 'static,
    report: impl Fn(u64) + Send + 'static,
) -> io::Result<(LogWriter, LogGuard)> {
    let buffer = Arc::new(Buffer::default());
    let (running, ended) = mpsc::channel();
    let writer = LogWriter(buffer.clone());
    let guard = LogGuard { buffer: buffer.clone(), ended };
    let run = move || {
        // Dropped when the thread ends, also by a panic.
        let _running = running;
        write_batches(&buffer, &mut output, &report);
    };
    thread::Builder::new().name("log".to_owned()).spawn(run)?;
    Ok((writer, guard))
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(&self.0)
    }
}

impl Write for Line<'_> {
    /// Appends a whole line.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.append(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for LogGuard {
    fn drop(&mut self) {
        self.buffer.unwritten.lock().ends = true;
        self.buffer.changed.notify_one();
        // A blocked output does not keep the process from ending.
        let _ended = self.ended.recv_timeout(MAX_END);
    }
}

impl Buffer {
    /// Appends a line, or counts it as lost. Wakes the thread only for the first line, and when the lines become many.
    fn append(&self, line: &[u8]) {
        let mut unwritten = self.unwritten.lock();
        let before = unwritten.lines.len();
        let after = before + line.len();
        if after > MAX_UNWRITTEN {
            unwritten.lost += 1;
            return;
        }
        unwritten.lines.extend_from_slice(line);
        drop(unwritten);
        if before == 0 || (before < FULL && after >= FULL) {
            self.changed.notify_one();
        }
    }

    /// Waits for lines, swaps them with the empty `batch`, and returns how many were lost after them. None at the end.
    fn take(&self, batch: &mut Vec<u8>) -> Option<u64> {
        let mut unwritten = self.unwritten.lock();
        self.changed.wait_while(&mut unwritten, |unwritten| unwritten.lines.is_empty() && !unwritten.ends);
        let waits = |unwritten: &mut Unwritten| unwritten.lines.len() < FULL && !unwritten.ends;
        self.changed.wait_while_for(&mut unwritten, waits, GATHER);
        mem::swap(&mut unwritten.lines, batch);
        let lost = mem::take(&mut unwritten.lost);
        (!batch.is_empty()).then_some(lost)
    }
}

/// Writes batches of lines until the log ends.
fn write_batches(buffer: &Buffer, output: &mut impl Write, report: &impl Fn(u64)) {
    let mut batch = Vec::new();
    while let Some(lost) = buffer.take(&mut batch) {
        write_lines(output, &batch);
        batch.clear();
        batch.shrink_to(MAX_KEPT);
        if lost > 0 {
            report(lost);
        }
    }
}

/// Writes all lines. Errors are ignored, because there is nowhere to report them.
fn write_lines(output: &mut impl Write, mut lines: &[u8]) {
    while !lines.is_empty() {
        match output.write(lines) {
            Ok(0) => break,
            Ok(written) => lines = &lines[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // A process that shares the terminal may have made it non-blocking for all.
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(GATHER),
            Err(_) => break,
        }
    }
    let _flushed = output.flush();
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};

    use super::*;

    /// An output that tells when a write begins. The write then waits for a place in the channel.
    struct Output {
        begun: Sender<()>,
        written: SyncSender<Vec<u8>>,
    }

    impl Write for Output {
        fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
            // A test may not listen.
            let _sent = self.begun.send(());
            let _sent = self.written.send(lines.to_vec());
            Ok(lines.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Started {
        writer: LogWriter,
        guard: LogGuard,
        begun: Receiver<()>,
        written: Receiver<Vec<u8>>,
        lost: Receiver<u64>,
    }

    /// A log whose output takes this many writes before it blocks.
    fn started(writes: usize) -> Started {
        let (begun_sender, begun) = channel();
        let (written_sender, written) = sync_channel(writes);
        let (lost_sender, lost) = channel();
        let output = Output { begun: begun_sender, written: written_sender };
        let report = move |lines| {
            let _sent = lost_sender.send(lines);
        };
        let (writer, guard) = start(output, report).unwrap();
        Started { writer, guard, begun, written, lost }
    }

    fn log(writer: &LogWriter, line: &str) {
        writer.make_writer().write_all(line.as_bytes()).unwrap();
    }

    #[test]
    fn lines_of_several_threads_are_whole_and_in_order() {
        let Started { writer, guard, written, .. } = started(8000);
        thread::scope(|scope| {
            for name in 0..4 {
                let writer = &writer;
                scope.spawn(move || (0..2000).for_each(|number| log(writer, &format!("{name} {number}\n"))));
            }
        });
        drop(guard);
        let text = String::from_utf8(written.iter().flatten().collect()).unwrap();
        assert_eq!(text.lines().count(), 8000);
        let expected: Vec<String> = (0..2000).map(|number| number.to_string()).collect();
        for name in 0..4 {
            let start = format!("{name} ");
            let numbers: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix(&start)).collect();
            assert_eq!(numbers, expected, "{name}");
        }
    }

    #[test]
    fn lines_that_come_during_a_write_are_written_together() {
        let Started { writer, guard, begun, written, .. } = started(0);
        log(&writer, "first\n");
        begun.recv().unwrap();
        log(&writer, "second\n");
        log(&writer, "third\n");
        assert_eq!(written.recv().unwrap(), b"first\n");
        assert_eq!(written.recv().unwrap(), b"second\nthird\n");
        drop(guard);
    }

    #[test]
    fn lines_without_room_are_counted_and_the_log_recovers() {
        let Started { writer, guard, begun, written, lost } = started(0);
        log(&writer, "first\n");
        begun.recv().unwrap();
        let quarter = "x".repeat(MAX_UNWRITTEN / 4 - 1) + "\n";
        (0..4).for_each(|_| log(&writer, &quarter));
        (0..3).for_each(|_| log(&writer, "lost\n"));
        assert_eq!(written.recv().unwrap(), b"first\n");
        assert!(written.recv().unwrap() == quarter.repeat(4).as_bytes());
        assert_eq!(lost.recv().unwrap(), 3);
        log(&writer, "again\n");
        assert_eq!(written.recv().unwrap(), b"again\n");
        drop(guard);
        assert!(lost.recv().is_err(), "no others are lost");
    }

    #[test]
    fn the_end_writes_what_is_left() {
        let Started { writer, guard, written, .. } = started(1);
        log(&writer, "last\n");
        drop(guard);
        assert_eq!(written.recv().unwrap(), b"last\n");
        assert!(written.recv().is_err(), "the thread has ended");
    }

    #[test]
    fn the_end_does_not_wait_for_a_blocked_output() {
        let Started { writer, guard, begun, written, .. } = started(0);
        log(&writer, "first\n");
        begun.recv().unwrap();
        drop(guard);
        assert_eq!(written.recv().unwrap(), b"first\n");
    }

    /// Takes one byte, and then nothing, in turn.
    #[derive(Default)]
    struct Slow {
        taken: Vec<u8>,
        is_blocked: bool,
    }

    impl Write for Slow {
        fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
            self.is_blocked = !self.is_blocked;
            if self.is_blocked {
                return Err(ErrorKind::WouldBlock.into());
            }
            self.taken.push(lines[0]);
            Ok(1)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_non_blocking_output_is_tried_again() {
        let mut output = Slow::default();
        write_lines(&mut output, b"ab\n");
        assert_eq!(output.taken, b"ab\n");
    }
}
