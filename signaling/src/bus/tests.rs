//! One suite for both buses; Redis is started by the test and killed by it.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::*;

const PATIENCE: Duration = Duration::from_secs(15);

/// A redis-server of our own on a free port, keeping nothing.
struct RedisServer {
    child: Child,
    port: u16,
}

impl RedisServer {
    fn start(port: u16) -> RedisServer {
        let child = Command::new("redis-server")
            .args([
                "--port",
                &port.to_string(),
                "--save",
                "",
                "--appendonly",
                "no",
            ])
            .args(["--bind", "127.0.0.1"])
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server must be installed: `apt-get install redis-server`");
        RedisServer { child, port }
    }

    fn on_a_free_port() -> RedisServer {
        let probe = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = probe.local_addr().expect("bound").port();
        drop(probe);
        RedisServer::start(port)
    }

    fn kill(&mut self) {
        self.child.kill().expect("ours to kill");
        self.child.wait().expect("reaped");
    }

    fn bus(&self, process: &str) -> (Bus, mpsc::Receiver<Letter>) {
        let url = format!("redis://127.0.0.1:{}/", self.port);
        Bus::redis(&url, process.to_owned()).expect("a Redis URL")
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // Already dead when the test killed it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn event(id: u64) -> News {
    News::Event(Box::new(RoomEvent::ChatRemoved { id }))
}

async fn next(inbox: &mut mpsc::Receiver<Letter>) -> Letter {
    let letter = tokio::time::timeout(PATIENCE, inbox.recv()).await;
    letter
        .expect("a letter within the patience")
        .expect("the bus runs")
}

/// The suite: what both buses promise.
async fn check(
    (a, mut inbox_a): (Bus, mpsc::Receiver<Letter>),
    (b, mut inbox_b): (Bus, mpsc::Receiver<Letter>),
) {
    for id in 0..100 {
        a.tell("lamp", event(id));
    }
    for id in 0..100 {
        let wanted = Letter {
            process: "a".into(),
            show: "lamp".into(),
            news: event(id),
        };
        assert_eq!(next(&mut inbox_b).await, wanted, "in order, none lost");
    }
    b.tell("chair", News::Viewers(7));
    let letter = next(&mut inbox_a).await;
    assert_eq!(
        (letter.process.as_str(), letter.news),
        ("b", News::Viewers(7))
    );
    assert!(
        inbox_a.try_recv().is_err(),
        "nobody reads their own letters"
    );
}

#[tokio::test]
async fn local_members_hear_each_other() {
    let hub = LocalHub::default();
    check(Bus::local(&hub, "a".into()), Bus::local(&hub, "b".into())).await;
}

#[tokio::test]
async fn processes_hear_each_other_through_redis() {
    let server = RedisServer::on_a_free_port();
    let (a, b) = (server.bus("a"), server.bus("b"));
    a.0.until(BusHealth::Up).await;
    b.0.until(BusHealth::Up).await;
    check(a, b).await;
}

#[tokio::test]
async fn a_killed_redis_blocks_nobody_and_comes_back() {
    let mut server = RedisServer::on_a_free_port();
    let ((a, _inbox_a), (b, mut inbox_b)) = (server.bus("a"), server.bus("b"));
    a.until(BusHealth::Up).await;
    b.until(BusHealth::Up).await;
    server.kill();
    a.until(BusHealth::Down).await;
    for id in 0..BUS_OUTBOX_MAX as u64 * 2 {
        a.tell("lamp", event(id));
    }
    let _again = RedisServer::start(server.port);
    a.until(BusHealth::Up).await;
    b.until(BusHealth::Up).await;
    let fresh = News::Viewers(1);
    let heard = async {
        loop {
            a.tell("lamp", fresh.clone());
            tokio::select! {
                letter = inbox_b.recv() => if letter.expect("the bus runs").news == fresh { break },
                () = tokio::time::sleep(Duration::from_millis(50)) => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE, heard)
        .await
        .expect("letters travel again");
}
