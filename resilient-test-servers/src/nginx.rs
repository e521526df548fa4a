//! Starts nginx with a generated configuration on free ports.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, process};

use crate::server::{Server, check_found, folder, installed};

/// The kernel gives the ports from 32768 on to outgoing connections, so a server chooses below.
const PORTS: std::ops::Range<u32> = 10_240..32_768;

/// The configuration of nginx. Each virtual server listens on a separate port of loopback.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct NginxConfig {
    modules: String,
    http: String,
    servers: Vec<VirtualServer>,
    files: Vec<(String, Vec<u8>)>,
    workers: Option<u32>,
}

#[derive(Debug, Clone)]
struct VirtualServer {
    listen: String,
    directives: String,
}

impl NginxConfig {
    /// Returns a configuration without servers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the number of worker processes. Default: 1.
    pub fn workers(mut self, count: u32) -> Self {
        self.workers = Some(count);
        self
    }

    /// Loads the module of the name `name`, which is a file in Debian's folder for modules.
    pub fn module(mut self, name: &str) -> Self {
        let _ = writeln!(self.modules, "load_module {MODULES}/{name};");
        self
    }

    /// Adds directives to the block `http`.
    pub fn http(mut self, directives: &str) -> Self {
        let _ = writeln!(self.http, "    {directives}");
        self
    }

    /// Adds a virtual server. `listen` are parameters of the directive `listen`, such as `ssl`.
    pub fn server(mut self, listen: &str, directives: &str) -> Self {
        let server = VirtualServer { listen: listen.to_owned(), directives: directives.to_owned() };
        self.servers.push(server);
        self
    }

    /// Writes a file into the folder of the server. Directives name it by this relative path.
    pub fn file(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((name.to_owned(), content.into()));
        self
    }

    fn text(&self, ports: &[u16]) -> String {
        let Self { modules, http, servers, workers, .. } = self;
        let workers = workers.unwrap_or(1);
        let mut text = format!(
            "{modules}daemon off;
worker_processes {workers};
pid nginx.pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
{http}"
        );
        for (VirtualServer { listen, directives }, port) in servers.iter().zip(ports) {
            let listen = format!("listen 127.0.0.1:{port} {listen};");
            let _ = writeln!(text, "    server {{\n        {listen}\n        {directives}\n    }}");
        }
        text.push_str("}\n");
        text
    }
}

/// Debian's folder for modules.
const MODULES: &str = "/usr/lib/nginx/modules";

/// A running nginx. Its processes are killed when this value is dropped, and when the process of
/// the test ends.
#[derive(Debug)]
pub struct Nginx {
    server: Server,
    ports: Vec<u16>,
}

impl Nginx {
    /// Starts nginx and waits until it accepts connections. Returns `None` after a line that says
    /// so if nginx is not installed: see [`installed`].
    pub fn start(config: &NginxConfig) -> Option<Self> {
        let program = installed("nginx")?;
        let folder = folder();
        for (name, content) in &config.files {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent()?).unwrap();
            fs::write(file, content).unwrap();
        }
        let ports: Vec<u16> = config.servers.iter().map(|_| free_port()).collect();
        fs::write(folder.path().join("nginx.conf"), config.text(&ports)).unwrap();
        let prefix = folder.path().to_str().unwrap().to_owned();
        let arguments = ["-p", &prefix, "-c", "nginx.conf", "-e", "stderr"];
        let server = Server::start(folder, &program, arguments);
        for port in &ports {
            server.until_ready(|| TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).ok());
        }
        Some(Self { server, ports })
    }

    /// Returns whether Debian's module of this name is installed: see [`installed`].
    pub fn has_module(name: &str) -> bool {
        check_found(name, Path::new(MODULES).join(name).exists())
    }

    /// Returns the port of the virtual server `index`, counted from 0.
    pub fn port(&self, index: usize) -> u16 {
        self.ports[index]
    }

    /// Returns the folder with the files of the server.
    pub fn folder(&self) -> &Path {
        self.server.folder()
    }

    /// Makes nginx read its configuration again. It starts new workers, and the old workers end
    /// when they have no more requests.
    pub fn reload(&mut self) {
        self.server.signal("HUP");
    }

    /// Stops nginx at once, and waits until it has ended.
    pub fn stop(mut self) {
        self.server.end("TERM");
    }
}

/// Returns a port on which nothing listens. Test programs that run at the same time start their
/// search at different ports.
fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let offset = process::id().wrapping_mul(97) + NEXT.fetch_add(1, Ordering::Relaxed);
        let port = PORTS.start + offset % (PORTS.end - PORTS.start);
        let port = u16::try_from(port).unwrap();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
