//! A network that can be cut: a TCP proxy on a fixed address in front of a server that comes back
//! on other ports.

use std::net::SocketAddr;

use anyhow::Result;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The proxy. Ends when dropped, with all its connections.
pub struct Proxy {
    url: String,
    upstream: watch::Sender<Option<SocketAddr>>,
    cuts: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// One with nothing behind it: who connects is hung up on.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn open() -> Result<Proxy> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (upstream, target) = watch::channel(None);
        let cuts = watch::Sender::new(());
        let task = tokio::spawn(accept(listener, target, cuts.clone()));
        Ok(Proxy {
            url,
            upstream,
            cuts,
            task,
        })
    }

    /// `http://127.0.0.1:PORT`, always the same.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// From now on new connections lead to this server, or nowhere.
    ///
    /// # Errors
    /// When its address is none.
    pub fn lead_to(&self, url: Option<&str>) -> Result<()> {
        let address = url.map(|url| url.trim_start_matches("http://").parse());
        self.upstream.send_replace(address.transpose()?);
        Ok(())
    }

    /// Cuts every connection in the middle of whatever it carries.
    pub fn cut(&self) {
        self.cuts.send_replace(());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        self.cut();
    }
}

async fn accept(
    listener: TcpListener,
    target: watch::Receiver<Option<SocketAddr>>,
    cuts: watch::Sender<()>,
) {
    while let Ok((near, _)) = listener.accept().await {
        let (address, mut cut) = (*target.borrow(), cuts.subscribe());
        if let Some(address) = address {
            tokio::spawn(async move {
                tokio::select! {
                    // However it ends, both sides are hung up on.
                    _ = carry(near, address) => {}
                    _ = cut.changed() => {}
                }
            });
        }
    }
}

async fn carry(mut near: TcpStream, address: SocketAddr) -> std::io::Result<()> {
    let mut far = TcpStream::connect(address).await?;
    copy_bidirectional(&mut near, &mut far).await?;
    Ok(())
}
