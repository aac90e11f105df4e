//! A Sereno in a folder of its own: built up through its own doors, then filled, then started as often as is asked.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::Connection;
use crate::postgres::Postgres;
use crate::process::{self, Server};
use crate::{Outcome, PASSWORD, seed};

const HEALTH: &str = "/health/live";
const JSON: &str = "application/json";

/// The binary and its data.
pub struct House {
    /// The release binary.
    pub binary: PathBuf,
    folder: PathBuf,
    postgres: Option<Postgres>,
}

impl House {
    /// One account by sign-up and its mail, one administrator by the command line, the rest cloned.
    pub async fn build(folder: &Path, postgres: Option<Postgres>) -> Outcome<Self> {
        let binary = std::env::var_os("SERENO_BIN").ok_or("SERENO_BIN does not name the binary: use `make bench`")?;
        let house = Self {
            binary: PathBuf::from(binary).canonicalize()?,
            folder: folder.to_owned(),
            postgres,
        };
        let server = house.start(true).await?;
        house.sign_up(&server).await?;
        drop(server);
        house.add_administrator()?;
        house.add_application()?;
        house.declare()?;
        match &house.postgres {
            Some(postgres) => postgres.fill()?,
            None => seed::fill(&house.data().join("sereno.db"))?,
        }
        Ok(house)
    }

    /// Starts it on its data.
    pub async fn start(&self, works_queue: bool) -> Outcome<Server> {
        let mut server = self.start_in(&self.data(), works_queue).await?;
        server.works_queue = works_queue;
        self.on_its_data(&mut server);
        Ok(server)
    }

    /// The same, with the facades beside its own doors.
    pub async fn start_with_facade(&self) -> Outcome<Server> {
        let address = process::free_address()?;
        let mut command = self.command(&self.data());
        command
            .arg("serve")
            .env("SERENO__SERVER__LISTEN", address.to_string())
            .env("SERENO__COMPAT__DJWTO__ENABLED", "true")
            .env("SERENO__COMPAT__NETS_CORE__ENABLED", "true");
        let mut server = Server::start(command, address, HEALTH).await?;
        (server.works_queue, server.has_facade) = (true, true);
        self.on_its_data(&mut server);
        Ok(server)
    }

    fn on_its_data(&self, server: &mut Server) {
        server.mails = Some(self.data().join("mail"));
        server.database.clone_from(&self.postgres);
    }

    /// Starts it on its data, with its mails to a server on this port.
    pub async fn start_mailing(&self, port: u16) -> Outcome<Server> {
        let address = process::free_address()?;
        let mut command = self.command(&self.data());
        command
            .arg("serve")
            .env("SERENO__SERVER__LISTEN", address.to_string())
            .env("SERENO__MAIL__URL", format!("smtp://127.0.0.1:{port}?tls=none"));
        Server::start(command, address, HEALTH).await
    }

    /// Starts it on a folder that may be empty.
    pub async fn start_in(&self, data: &Path, works_queue: bool) -> Outcome<Server> {
        let address = process::free_address()?;
        let mut command = self.command(data);
        command
            .arg("serve")
            .env("SERENO__SERVER__LISTEN", address.to_string())
            .env("SERENO__WORKER__ENABLED", works_queue.to_string());
        Server::start(command, address, HEALTH).await
    }

    /// A folder beside the data.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn data(&self) -> PathBuf {
        self.folder("data")
    }

    /// Ordinary settings, except that the limits let one address do all this. Nothing is taken from outside.
    fn command(&self, data: &Path) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SERENO")) {
            command.env_remove(name);
        }
        command
            .current_dir(&self.folder)
            .arg("--data")
            .arg(data)
            .env("SERENO__SERVER__METRICS_LISTEN", "off")
            .env("SERENO__LOG__LEVEL", "warn")
            .env("SERENO__TESTERS__DEVELOPMENT_CODE", seed::CODE)
            .stdout(Stdio::null());
        if let Some(postgres) = &self.postgres {
            command.env("SERENO__DATABASE__URL", postgres.database_url());
        }
        for limit in [
            "LOGIN_PER_ACCOUNT_AND_ADDRESS",
            "LOGIN_PER_ACCOUNT",
            "REQUESTS_PER_ADDRESS",
            "MAILS_PER_RECIPIENT",
        ] {
            command.env(format!("SERENO__LIMIT__{limit}"), "0");
        }
        command
    }

    async fn sign_up(&self, server: &Server) -> Outcome<()> {
        let mut connection = Connection::open(server.address).await?;
        let body = json!({ "email": seed::address(1), "password": PASSWORD }).to_string();
        let answer = connection.post("/api/v1/registrations", JSON, &body).await?;
        if answer.status != 202 {
            return Err(format!("the sign-up was answered {}", answer.status).into());
        }
        let body = json!({ "token": self.token_from_mail().await? }).to_string();
        let answer = connection.post("/api/v1/registrations/activate", JSON, &body).await?;
        if answer.status != 200 {
            return Err(format!("the activation was answered {}", answer.status).into());
        }
        Ok(())
    }

    /// The token in the link of the only mail.
    async fn token_from_mail(&self) -> Outcome<String> {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(10) {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let Ok(mut mails) = std::fs::read_dir(self.data().join("mail")) else {
                continue;
            };
            let Some(mail) = mails.next() else { continue };
            // quoted-printable
            let text = std::fs::read_to_string(mail?.path())?
                .replace("=\r\n", "")
                .replace("=3D", "=");
            if let Some((_, rest)) = text.split_once("/account/activate?token=") {
                let is_token = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
                return Ok(rest.chars().take_while(is_token).collect());
            }
        }
        Err("no activation mail was written".into())
    }

    fn add_administrator(&self) -> Outcome<()> {
        let arguments = [
            "user",
            "add",
            "--superuser",
            "--password-stdin",
            "--email",
            seed::ADMINISTRATOR,
        ];
        self.tell(&arguments, PASSWORD)
    }

    /// An application that may ask about its tokens.
    fn add_application(&self) -> Outcome<()> {
        let arguments = [
            "application",
            "add",
            "--name=Bench",
            "--kind=confidential",
            "--scope=access:check",
            "--scope=access:declare",
            "--secret-stdin",
            "--client-id",
        ];
        self.tell(&[&arguments[..], &[seed::CLIENT_ID]].concat(), seed::CLIENT_SECRET)?;
        // another whose tokens are as the facade djwto makes them
        let file = self.folder("profile.json");
        std::fs::write(&file, seed::profile_of_djwto().to_string())?;
        let file = file.display().to_string();
        let arguments = [
            "application",
            "add",
            "--name=As djwto",
            "--kind=confidential",
            "--grants=password,refresh_token",
            "--secret-stdin",
            "--profile",
            &file,
            "--client-id",
            seed::AS_DJWTO,
        ];
        self.tell(&arguments, seed::CLIENT_SECRET)
    }

    /// What that application knows of permissions.
    fn declare(&self) -> Outcome<()> {
        let file = self.folder("catalogue.json");
        std::fs::write(&file, seed::catalogue().to_string())?;
        let file = file.display().to_string();
        self.tell(&["catalogue", "apply", "--client-id", seed::CLIENT_ID, &file], "")
    }

    /// Runs one of its commands, with a secret on its standard input.
    fn tell(&self, arguments: &[&str], secret: &str) -> Outcome<()> {
        let mut running = self
            .command(&self.data())
            .args(arguments)
            .stdin(Stdio::piped())
            .spawn()?;
        if let Some(mut input) = running.stdin.take() {
            writeln!(input, "{secret}")?;
        }
        let status = running.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("`sereno {}` failed: {status}", arguments.join(" ")).into())
        }
    }
}
