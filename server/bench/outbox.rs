//! Ten thousand mails that wait, to a mail server on loopback that takes everything: how many leave in a second, and how much
//! memory that takes. Beside them what it costs to render one.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::Connection;
use crate::figures::{Figure, figure};
use crate::process::Server;
use crate::sereno::House;
use crate::{Outcome, PASSWORD, seed};

/// How many mails wait.
const MAILS: u64 = 10_000;
/// Recipients of one request: as many as one may have.
const BATCH: u64 = 100;
/// How long all of them may take.
const PATIENCE: Duration = Duration::from_mins(10);

/// How many mails are rendered.
const RENDERED: u32 = 500;

/// Queues the mails while nobody works the queue, then lets a server work it and counts what arrives.
pub async fn measure(house: &House) -> Outcome<Vec<Figure>> {
    let server = house.start(false).await?;
    let mut connection = Connection::open(server.address).await?;
    let body = json!({ "identifier": seed::ADMINISTRATOR, "password": PASSWORD }).to_string();
    let answer = connection.post("/api/v1/login", "application/json", &body).await?;
    let tokens: serde_json::Value = serde_json::from_slice(answer.body)?;
    let token = tokens["access_token"]
        .as_str()
        .ok_or("the administrator got no token")?;
    // the client writes one header of the caller's, and this is two
    let kind = format!("application/json\r\nauthorization: Bearer {token}");
    for batch in 0..MAILS / BATCH {
        let recipients: Vec<String> = (0..BATCH)
            .map(|at| format!("mail-{batch}-{at}@{}", seed::DOMAIN))
            .collect();
        let body = json!({ "recipients": recipients, "subject": "Hello", "html": "<p>A mail of ten thousand.</p>" });
        let answer = connection
            .post("/api/v1/admin/messages", &kind, &body.to_string())
            .await?;
        if answer.status != 200 {
            return Err(format!("a request to send mails was answered {}", answer.status).into());
        }
    }
    let shipped = rendered(&server, &mut connection, &kind, &json!({ "of": "shipped" })).await?;
    let words = json!({ "source": {
        "subject": "A new password",
        "text": "Good evening, {{ first_name }}! Open {{ link }} within {{ minutes }} minutes, or type {{ code }}.",
        "html": "<p>Good evening, {{ first_name }}!</p><p><a href=\"{{ link }}\">Choose a password</a></p><p>{{ code }}</p>",
    } });
    let own = rendered(&server, &mut connection, &kind, &words).await?;
    drop(server);
    let (port, arrived) = sink()?;
    let server = house.start_mailing(port).await?;
    let began = Instant::now();
    let mut most = 0.0_f64;
    while arrived.load(Ordering::Relaxed) < MAILS {
        if began.elapsed() > PATIENCE {
            return Err(format!("only {} of {MAILS} mails arrived", arrived.load(Ordering::Relaxed)).into());
        }
        most = most.max(server.memory_mb()?);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let took = began.elapsed().as_secs_f64();
    Ok(vec![
        figure("10,000 queued mails to a mail server", 10_000.0 / took, "mails/s", None),
        figure("memory meanwhile, most (PSS)", most, "MB", None),
        figure(
            "a mail rendered as shipped, one preview of the API",
            shipped,
            "CPU ms",
            None,
        ),
        figure("a mail rendered in staff's words, checks included", own, "CPU ms", None),
    ])
}

/// The server's processor time for one preview, in milliseconds.
async fn rendered(server: &Server, connection: &mut Connection, kind: &str, what: &serde_json::Value) -> Outcome<f64> {
    let (path, body) = (
        "/api/v1/admin/email-templates/password_reset/en/preview",
        what.to_string(),
    );
    let before = server.cpu_ms()?;
    for _ in 0..RENDERED {
        let answer = connection.post(path, kind, &body).await?;
        if answer.status != 200 {
            return Err(format!("a preview was answered {}", answer.status).into());
        }
    }
    Ok((server.cpu_ms()? - before) / f64::from(RENDERED))
}

/// A mail server that takes everything: its port, and how many mails it took.
fn sink() -> Outcome<(u16, Arc<AtomicU64>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let arrived = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&arrived);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let count = Arc::clone(&count);
            std::thread::spawn(move || take(stream, &count));
        }
    });
    Ok((port, arrived))
}

fn take(stream: TcpStream, arrived: &AtomicU64) -> std::io::Result<()> {
    let mut write = stream.try_clone()?;
    write.write_all(b"220 ready\r\n")?;
    let mut in_data = false;
    for line in BufReader::new(stream).lines() {
        let line = line?;
        let answer: &[u8] = match line.split([' ', ':']).next().unwrap_or_default() {
            _ if in_data && line == "." => {
                in_data = false;
                arrived.fetch_add(1, Ordering::Relaxed);
                b"250 taken\r\n"
            }
            _ if in_data => continue,
            "DATA" => {
                in_data = true;
                b"354 go on\r\n"
            }
            "QUIT" => return Ok(()),
            _ => b"250 ok\r\n",
        };
        write.write_all(answer)?;
    }
    Ok(())
}
