//! What the system says about the server process, which cores it may use, what a plain `sendto`
//! costs on the same cores, and how fast the disk is.

use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::time::Duration;

use ::tests::wait::now;
use anyhow::{Context as _, Result};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

/// CPU time a process has used, all its threads.
pub(crate) fn cpu_time(pid: u32) -> Result<Duration> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"))
        .with_context(|| format!("no process {pid} (is the server on another machine?)"))?;
    let mut nanoseconds = 0;
    for task in tasks {
        // A thread may end between the listing and the reading: what it used is lost, which
        // is why media workers, the only big spenders, live as long as the server.
        let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else {
            continue;
        };
        let first = text.split_whitespace().next().unwrap_or("0");
        nanoseconds += first
            .parse::<u64>()
            .context("schedstat begins with a number")?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// Resident memory of a process, bytes.
pub(crate) fn resident(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line
        .and_then(|line| line.split_whitespace().next())
        .context("no VmRSS")?;
    Ok(kib.parse::<u64>()? * 1024)
}

/// How often a disk makes 4 KiB durable in a second.
pub(crate) fn fdatasync_per_s(folder: &Path, time: Duration) -> Result<f64> {
    let mut file = tempfile::tempfile_in(folder)?;
    let (start, mut count) = (now(), 0_u32);
    while start.elapsed() < time {
        file.write_all(&[0; 4_096])?;
        file.sync_data()?;
        count += 1;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}

/// Datagrams that the kernel dropped at sockets of this host with these ports, because their
/// owner read too slowly: loss that the generator made itself.
pub(crate) fn receive_drops(addresses: &[SocketAddr]) -> u64 {
    let of = |table: &str| {
        let text = fs::read_to_string(table).unwrap_or_default();
        text.lines()
            .skip(1)
            .map(|line| drops_of(line, addresses))
            .sum::<u64>()
    };
    of("/proc/net/udp") + of("/proc/net/udp6")
}

/// `sl local_address:port … drops`, the port in hexadecimal, the drops last.
fn drops_of(line: &str, addresses: &[SocketAddr]) -> u64 {
    let mut words = line.split_whitespace();
    let port = words.nth(1).and_then(|local| local.rsplit_once(':'));
    let port = port.and_then(|(_, port)| u16::from_str_radix(port, 16).ok());
    let ours = port.is_some_and(|port| addresses.iter().any(|address| address.port() == port));
    let drops = words.next_back().and_then(|drops| drops.parse().ok());
    drops.filter(|_| ours).unwrap_or(0)
}

/// The cores of this process, split between the server and the generator.
#[derive(Debug, Clone)]
pub(crate) struct Cores {
    server: Vec<usize>,
    generator: Vec<usize>,
}

impl Cores {
    /// First half for the server, the rest for the generator; with one core both share it.
    pub(crate) fn split() -> Result<Cores> {
        let set = sched_getaffinity(None)?;
        let all: Vec<usize> = (0..CpuSet::MAX_CPU)
            .filter(|core| set.is_set(*core))
            .collect();
        if all.len() < 2 {
            return Ok(Cores {
                server: all.clone(),
                generator: all,
            });
        }
        let (server, generator) = all.split_at(all.len() / 2);
        Ok(Cores {
            server: server.to_vec(),
            generator: generator.to_vec(),
        })
    }

    /// All of them for both: what a scenario asks for that measures them beside each other.
    pub(crate) fn shared() -> Result<Cores> {
        let Cores { server, generator } = Cores::split()?;
        let mut all: Vec<usize> = server.into_iter().chain(generator).collect();
        all.sort_unstable();
        all.dedup();
        Ok(Cores {
            server: all.clone(),
            generator: all,
        })
    }

    /// How many cores the server has.
    pub(crate) fn of_server(&self) -> usize {
        self.server.len()
    }

    /// Binds this thread, and the processes and threads it starts, to the server's cores.
    pub(crate) fn as_server(&self) -> Result<()> {
        bind(&self.server)
    }

    /// Binds this thread, and the threads it starts, to the generator's cores.
    pub(crate) fn as_generator(&self) -> Result<()> {
        bind(&self.generator)
    }
}

fn bind(cores: &[usize]) -> Result<()> {
    let mut set = CpuSet::new();
    cores.iter().for_each(|core| set.set(*core));
    Ok(sched_setaffinity(None, &set)?)
}

/// What the server's packets cost when each is sent by a plain `sendto`: the same sizes to the
/// same sockets at the same rate, with nothing else done.
pub(crate) struct Floor {
    destinations: Vec<SocketAddr>,
    sizes: Vec<usize>,
    packets_per_s: f64,
}

/// The floor's packets leave in bursts this far apart.
const BURST: Duration = Duration::from_millis(4);

impl Floor {
    /// Neither destinations nor sizes may be empty.
    pub(crate) fn new(
        destinations: Vec<SocketAddr>,
        sizes: Vec<usize>,
        packets_per_s: f64,
    ) -> Floor {
        Floor {
            destinations,
            sizes,
            packets_per_s,
        }
    }

    /// CPU time of one `sendto` in microseconds, from a core of the server, on a thread of its own.
    pub(crate) fn measure(self, cores: &Cores, time: Duration) -> Result<f64> {
        let cores = cores.clone();
        let thread = std::thread::spawn(move || -> Result<f64> {
            cores.as_server()?;
            self.send(time)
        });
        thread.join().expect("the floor thread does not panic")
    }

    fn send(&self, time: Duration) -> Result<f64> {
        let socket = UdpSocket::bind("0.0.0.0:0")?;
        // A first octet that no protocol of the viewers uses (RFC 7983): they drop it unread.
        let payload = [0x7f_u8; 2048];
        let mut pairs = self
            .destinations
            .iter()
            .cycle()
            .zip(self.sizes.iter().cycle());
        let burst = ((self.packets_per_s * BURST.as_secs_f64()) as usize).max(1);
        let (mut spent, mut sent) = (Duration::ZERO, 0_u32);
        let mut at = now();
        let end = at + time;
        while at < end {
            let begin = thread_cpu();
            for (destination, size) in pairs.by_ref().take(burst) {
                sent += u32::from(socket.send_to(&payload[..*size], destination).is_ok());
            }
            spent += thread_cpu().saturating_sub(begin);
            at += BURST;
            std::thread::sleep(at.saturating_duration_since(now()));
        }
        Ok(spent.as_secs_f64() * 1e6 / f64::from(sent.max(1)))
    }
}

fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// Time of all cores since boot, in the kernel's ticks (`proc_stat(5)`).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticks {
    all: u64,
    stolen: u64,
}

impl Ticks {
    /// So far.
    pub(crate) fn now() -> Ticks {
        let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
        Ticks::read(&text)
    }

    /// Of the first line: user, nice, system, idle, iowait, irq, softirq, steal.
    fn read(text: &str) -> Ticks {
        let numbers = text.split_whitespace().skip(1).take(8);
        let ticks: Vec<u64> = numbers.map(|tick| tick.parse().unwrap_or(0)).collect();
        Ticks {
            all: ticks.iter().sum(),
            stolen: ticks.get(7).copied().unwrap_or(0),
        }
    }

    /// Share of the time since then that the host gave to other guests.
    pub(crate) fn stolen_since(self, before: Ticks) -> f64 {
        let all = self.all.saturating_sub(before.all).max(1);
        self.stolen.saturating_sub(before.stolen) as f64 / all as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_used_time_and_memory() {
        let pid = std::process::id();
        assert!(cpu_time(pid).unwrap() > Duration::ZERO);
        assert!(resident(pid).unwrap() > 100_000);
        assert!(cpu_time(u32::MAX).is_err());
    }

    #[test]
    fn drops_are_read_for_our_ports_only() {
        let line = "  12: 0100007F:1F90 00000000:0000 07 00000000:00000000 00:00000000 00000000 \
                    0 0 4711 2 0000000000000000 23";
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        assert_eq!(drops_of(line, &[at(8080)]), 23);
        assert_eq!(drops_of(line, &[at(8081)]), 0);
        assert_eq!(drops_of("", &[at(8080)]), 0);
    }

    #[test]
    fn sending_costs_something() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        let to = vec![receiver.local_addr().unwrap()];
        let floor = Floor::new(to, vec![1200], 1_000.0);
        let floor = floor.measure(&Cores::split().unwrap(), Duration::from_millis(40));
        let floor = floor.unwrap();
        assert!(floor > 0.0 && floor < 1000.0, "{floor} µs");
    }

    #[test]
    fn stolen_time_is_a_share_of_all() {
        let before = Ticks::read("cpu  100 0 50 800 10 0 20 20 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n");
        assert_eq!((before.all, before.stolen), (1_000, 20));
        let after = Ticks::read("cpu  150 0 50 890 10 0 20 80 7 7\n");
        assert!((after.stolen_since(before) - 0.3).abs() < 1e-9);
        assert!(Ticks::read("").stolen_since(before) < 1e-9);
    }
}
