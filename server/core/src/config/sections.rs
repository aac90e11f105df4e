//! Every setting, by section. Configuration is process and infrastructure; what an administrator edits stands in the
//! database. Spans are whole seconds, sizes bytes unless the name says otherwise.

use std::net::{Ipv4Addr, SocketAddr};

use sereno_types::Secret;

use super::setting::{Seconds, section};
use super::{Mode, Tester, Verification};

section! {
    /// What concerns the whole process.
    General = "" {
        /// `dev` for a developer's own machine: listens on loopback only, prints mails. `prod` refuses what is unsafe.
        mode: Mode = Mode::Dev;
        /// Folder of everything Sereno stores itself: the SQLite database, the root key, mails of the file transport.
        data: String = "./data".to_owned();
    }
}

section! {
    /// The HTTP listener.
    Server = "server" {
        /// Where to listen.
        listen: SocketAddr = SocketAddr::from((Ipv4Addr::LOCALHOST, 3000));
        /// The URL under which browsers and clients reach Sereno. Links in mails, the issuer of tokens and cookie flags
        /// come from here and never from a request. Default in `dev`: http:// and the address of `listen`.
        public_url: String = String::new();
        /// How many proxies of yours stand in front. The client's address is then taken that many places from the end
        /// of `X-Forwarded-For`; with 0 the header is ignored.
        trusted_proxies: u64 = 0;
        /// Where `/metrics` (Prometheus) is served: an address with a port, or `off`. Default: loopback, one port above
        /// that of `listen`.
        metrics_listen: String = String::new();
        /// Most connections at once; further ones wait to be accepted.
        max_connections: u64 = 4096;
        /// Most connections at once from one client address (IPv6: /64); further ones are closed. 0 switches this off.
        /// Not counted where `trusted_proxies` is at least 1: all connections are the proxies' own then.
        max_connections_per_address: u64 = 256;
        /// Most requests worked on at once; further ones are answered 503.
        max_requests: u64 = 1024;
        /// Most bytes of a request's body. All bodies that are still coming in may hold `max_requests` times as much.
        max_body: u64 = 65_536;
        /// Seconds a client has to send its request line and headers.
        header_timeout: Seconds = Seconds(10);
        /// Seconds a client has to send its body.
        body_timeout: Seconds = Seconds(15);
        /// Seconds an open connection may stay idle between two requests.
        idle_timeout: Seconds = Seconds(75);
        /// Seconds that requests under way have to finish when the server is asked to stop.
        stop_timeout: Seconds = Seconds(10);
    }
}

section! {
    /// The database: embedded SQLite or PostgreSQL.
    Database = "database" {
        /// `sqlite:FILE` or `postgres://user:password@host/database`. Default: `sereno.db` in the data folder.
        url: Secret = Secret::default();
        /// Most connections of the pool (PostgreSQL), or most readers beside the one writer (SQLite).
        max_connections: u64 = 8;
        /// Seconds to wait for a free connection, for a row that another one holds, or for SQLite's write lock.
        timeout: Seconds = Seconds(5);
        /// How SQLite writes: `normal` survives the end of the process at any moment; `full` also a power cut at any
        /// moment, at the price of waiting for the disk at every change.
        sync: String = "normal".to_owned();
    }
}

section! {
    /// The key under which all other keys are sealed.
    Keys = "keys" {
        /// 32 random bytes as base64 or hexadecimal. Default: `root.key` in the data folder, made at the first start;
        /// with PostgreSQL in `prod` it must be set here, so that every node has the same.
        root: Secret = Secret::default();
        /// Days after which a signing key gives way to a successor. 0: never by itself.
        rotate_days: u64 = 90;
        /// Days that a successor is published before it signs.
        publish_days: u64 = 2;
    }
}

section! {
    /// Outgoing mail.
    Mail = "mail" {
        /// `smtp://[user:password@]host:port[?tls=none|starttls|wrapper]` or `file:DIR`. Default: files in `mail` in the
        /// data folder; `prod` wants to be told. `&per_minute=N` lets so many mails leave in a minute, on each node.
        url: Secret = Secret::default();
        /// Further ones of the same form, in the order of preference: where one cannot be reached, or answers with
        /// a temporary no (4yz), the next is tried at once.
        fallback_urls: Vec<Secret> = Vec::new();
        /// File of certificates (PEM) that are trusted beside the public ones, for a mail server with a certificate of
        /// your own authority.
        ca_file: String = String::new();
        /// The sender, for example `Example <no-reply@example.org>`.
        from: String = "Sereno <sereno@localhost>".to_owned();
        /// The language of mails to whom no other is known: `en`, `de` or `es`. What the request asks for and the user's own go
        /// before it.
        locale: String = "en".to_owned();
        /// Where mail servers send what they could not deliver (the envelope's sender). Default: the address of `from`.
        bounce_address: String = String::new();
        /// File with the private key (PEM, PKCS #8: RSA of 2048 bits or more, or Ed25519) that mails are signed with (DKIM).
        /// Empty: they are not signed here.
        dkim_key_file: String = String::new();
        /// The selector: the public half stands in the DNS at `<selector>._domainkey.<domain of from>`.
        dkim_selector: String = String::new();
        /// Seconds until a mail server that does not answer is given up for this attempt.
        timeout: Seconds = Seconds(30);
        /// Holds every mail back until staff releases it: for a copy of a live database.
        hold: bool = false;
        /// Addresses that get no mail, whatever the case of their letters: `ana@example.org`, `example.org`,
        /// `*.example.org`, `mailinator*`, `test-*@example.org`.
        excluded: Vec<String> = Vec::new();
        /// Whether domains of throw-away addresses are excluded too: those of a small list of Sereno's own, and of the file.
        exclude_disposable: bool = false;
        /// File of such domains, one a line; lines that begin with `#` are passed over.
        disposable_domains_file: String = String::new();
        /// Most bytes of all files that hang on one mail.
        attachments_max_bytes: u64 = 5_242_880;
        /// Days that the history of mails, and of notifications to devices, is kept.
        history_days: u64 = 90;
    }
}

section! {
    /// Notifications to devices, by Firebase Cloud Messaging.
    Push = "push" {
        /// The key file (JSON) of a service account that may send. Empty: no notifications are delivered.
        service_account_file: String = String::new();
        /// Where Firebase Cloud Messaging is.
        url: String = "https://fcm.googleapis.com".to_owned();
        /// Seconds until a push service that does not answer is given up for this attempt.
        timeout: Seconds = Seconds(10);
    }
}

section! {
    /// How mails look, and the pages for everybody: sign-in, sign-up and one's own account. The console stays as it is.
    Brand = "brand" {
        /// What mails and pages call this server. Default: in mails the name in `mail.from`, else the host of the public
        /// URL; on pages Sereno.
        name: String = String::new();
        /// Address of a picture on top of every mail and page, on this server: a path such as `/logo.png`, or a URL that
        /// begins with the public URL. Without one the name stands there.
        logo: String = String::new();
        /// Whether a footer stands below every mail.
        footer: bool = true;
        /// Colour of the main button of pages, as `#rrggbb`. The text on it becomes dark or white, whatever can be read,
        /// and the button gets a border where it would not stand out from a light or dark page.
        accent: String = String::new();
        /// Where people find help: an `https:` URL, or a path on this server. The link stands below every page.
        help: String = String::new();
        /// The same for what is done with data.
        privacy: String = String::new();
        /// The same for the terms of use.
        terms: String = String::new();
    }
}

section! {
    /// Sign-up.
    Registration = "registration" {
        /// Whether people may sign up by themselves.
        enabled: bool = true;
        /// Whether a user name must be given.
        username_required: bool = false;
        /// What a sign-up asks of its address. `required`: the account waits until link or code of a mail confirm it.
        /// `optional`: the account works at once, and the mail only confirms the address. `none`: the same without a
        /// mail. With the latter two anybody may sign up with anybody's address and use the account until its owner
        /// proves it; programs must look at `email_verified` before they trust an address, and whoever signs in with
        /// what they signed up with learns whether the address was free.
        verification: Verification = Verification::Required;
        /// Seconds the link of the activation mail works.
        link_lifetime: Seconds = Seconds(86_400);
        /// Seconds the code of the activation mail works.
        code_lifetime: Seconds = Seconds(600);
        /// Wrong codes heard for one mail.
        code_attempts: u64 = 5;
        /// Whether addresses that get no mail (`mail.excluded`, `mail.exclude_disposable`) may not be signed up with.
        refuse_excluded: bool = true;
        /// Days after which an account that nobody confirmed is deleted, counted from its latest sign-up. 0: never.
        pending_days: u64 = 30;
    }
}

section! {
    /// Sign-in by a code that is mailed. The chance of guessing one is at most 1 in 10,000 for each account and day:
    /// settings that would allow more are refused.
    LoginCode = "login_code" {
        /// Whether people may sign in by a mailed code or link.
        enabled: bool = true;
        /// Whether an address without an account gets one when it is proven this way; only while people may sign up.
        sign_up: bool = true;
        /// Characters of a code.
        length: u64 = 6;
        /// The characters a code is made of: digits and capital letters.
        alphabet: String = "0123456789".to_owned();
        /// Seconds that code and link work, from the moment their mail leaves.
        lifetime: Seconds = Seconds(600);
        /// Wrong codes heard for one mail.
        attempts: u64 = 5;
        /// What another mail does to the code and link of an earlier one that was asked for in the same way: `keep` or
        /// `replace`.
        resend: String = "keep".to_owned();
        /// Wrong codes heard for one account in a day: from networks that it was signed in from, and as many from all
        /// others together. The link of the mail is heard in any case.
        guesses_per_account: u64 = 25;
        /// Wrong codes heard from one address (IPv6: /64) in an hour, whatever the account.
        guesses_per_address: u64 = 100;
    }
}

section! {
    /// Fixed codes that are heard in the place of mailed ones: never for staff, told in the console while any is open, and
    /// each use is written down.
    Testers = "testers" {
        /// A code for every account, for a developer's own machine; refused in `prod`.
        development_code: Secret = Secret::default();
        /// Addresses, or beginnings of addresses with a `*`, with their code and the last day on which it is heard (UTC),
        /// which `prod` demands: `[{ who = "review-*", code = "…", until = "2026-12-31" }]`.
        entries: Vec<Tester> = Vec::new();
    }
}

section! {
    /// Deleting one's own account.
    Deletion = "deletion" {
        /// Whether users may have their accounts deleted by themselves.
        enabled: bool = true;
        /// Seconds between the wish and the end, in which the account is closed and can still be kept. 0: deleted at once.
        grace_period: Seconds = Seconds(1_209_600);
        /// What the page says beside its own words: what is kept by law, whom to ask.
        page_text: String = String::new();
    }
}

section! {
    /// What users may change in their own profile.
    Profile = "profile" {
        /// Fields that users may not change themselves: among `username`, `first_name`, `last_name`, `locale`, `avatar`,
        /// `attributes`.
        protected: Vec<String> = Vec::new();
        /// Whether attributes that nobody declared are taken too.
        undeclared_attributes: bool = true;
        /// Most bytes of the file that a user brings as a picture.
        avatar_max_bytes: u64 = 4_194_304;
    }
}

section! {
    /// Who may do what.
    Access = "access" {
        /// What the owner of a project may do in it: codenames of permissions, or `*` for everything.
        owner_permissions: Vec<String> = vec!["*".to_owned()];
        /// Whether a role that a user holds everywhere holds in every project, too. Without it only what was given in the
        /// project counts there.
        global_roles_in_projects: bool = true;
        /// Days that a permission which applications asked about and nobody declared is shown to staff after it was asked
        /// about last.
        keep_asked_days: u64 = 90;
    }
}

section! {
    /// What passwords must be like, and what hashing them costs. A hash made with other figures is renewed at the next
    /// sign-in.
    Password = "password" {
        /// Fewest characters.
        min_length: u64 = 8;
        /// Most characters; longer ones are refused, never cut.
        max_length: u64 = 128;
        /// File of breached passwords: SHA-1 hashes in hexadecimal, `HASH:COUNT`, one a line, sorted, as the public lists
        /// come. It is searched where it lies, never loaded. Empty: nothing is looked up.
        breached_file: String = String::new();
        /// Seconds the link of the mail to set a new password works.
        reset_lifetime: Seconds = Seconds(3_600);
        /// Whether an address without an account is told so, by a mail to it, when somebody asks for a new password.
        tell_unknown: bool = false;
        /// Whether the present password must be given to change it; otherwise a sign-in within the last five minutes will do.
        old_required: bool = true;
        /// Whether changing the password ends all other sign-ins of the user.
        change_ends_others: bool = true;
        /// Argon2id memory in KiB (OWASP: at least 19456 with two iterations).
        memory_kib: u64 = 19_456;
        /// Argon2id iterations.
        iterations: u64 = 2;
        /// Argon2id lanes.
        parallelism: u64 = 1;
        /// Hashes computed at once. 0: one for each core.
        threads: u64 = 0;
        /// Hashes that may wait; further ones are answered 503.
        queue: u64 = 256;
    }
}

section! {
    /// Sign-ins of browsers.
    Session = "session" {
        /// Seconds a session may stay unused.
        idle_lifetime: Seconds = Seconds(28_800);
        /// Seconds a session lasts at most.
        lifetime: Seconds = Seconds(604_800);
    }
}

section! {
    /// Devices that people sign in with.
    Device = "device" {
        /// Whether a mail tells users of a sign-in with a device that is new to them.
        notice: bool = true;
        /// Whether a notification tells users of each sign-in with a device, on every device that they are signed in on
        /// and that has a push token.
        push_notice: bool = false;
        /// Most devices of one user. A further one takes the place of the one that was unused for longest and on which
        /// nobody is signed in; where there is none, the sign-in is refused. 0 switches this off.
        per_user: u64 = 100;
    }
}

section! {
    /// Tokens. The lifetimes are those of every application whose profile says none of its own; the rest holds for all.
    Token = "token" {
        /// Seconds an access token is good.
        access_lifetime: Seconds = Seconds(300);
        /// Seconds a refresh token may stay unused. One that stays what it is when it is used (rotation `never` or
        /// `on_extend`) lasts so long from when it was issued or extended, used or not.
        refresh_idle_lifetime: Seconds = Seconds(1_209_600);
        /// Seconds a sign-in can be refreshed at most.
        refresh_lifetime: Seconds = Seconds(7_776_000);
        /// Seconds in which the refresh token used last may be sent again and gets the same successor, so that a lost
        /// answer signs nobody out.
        retry_window: Seconds = Seconds(10);
        /// Most bytes that a claim with permissions takes in a JWT; a longer one gives way to the place where it
        /// can be asked for (`_claim_names` and `_claim_sources`, OpenID Connect Core §5.6.2).
        access_claim_max: u64 = 4_096;
    }
}

section! {
    /// Limits against guessing and flooding. 0 switches a limit off.
    Limit = "limit" {
        /// Wrong passwords for one account from one address in a quarter of an hour before the next must wait: a second,
        /// then twice as long after each further one, up to a quarter of an hour.
        login_per_account_and_address: u64 = 10;
        /// Wrong passwords for one account in an hour, from everywhere, before the next must wait: a second, then twice as
        /// long after each further one, up to a minute. Who has signed in to the account from there before does not wait.
        login_per_account: u64 = 100;
        /// Sign-ins, sign-ups, activations, requests for mail and set-ups from one address in a minute, each counted apart.
        requests_per_address: u64 = 60;
        /// Requests through one application in a minute, on each node: sign-ins, refreshes, questions about tokens and
        /// revocations. Off unless set, because all users of a public application share it: a stranger can use it up.
        requests_per_application: u64 = 0;
        /// Mails of one kind to one address (or user name) in an hour.
        mails_per_recipient: u64 = 5;
    }
}

section! {
    /// A server of yours that is asked before things happen and told of them afterwards: see docs/hooks.md.
    Hooks = "hooks" {
        /// Where messages are posted, by http or https. Empty: nobody is asked or told.
        url: String = String::new();
        /// What messages are signed with: at least 24 bytes, or `whsec_` and that many in base64.
        secret: Secret = Secret::default();
        /// Intents that it is asked about, such as `login` or `registration`.
        before: Vec<String> = Vec::new();
        /// Events that it is told of, such as `logged_in` or `user_registered`.
        after: Vec<String> = Vec::new();
        /// Seconds it has to answer.
        timeout: Seconds = Seconds(3);
        /// What happens when it cannot be asked: `refuse` (503) or `allow`.
        on_failure: String = "refuse".to_owned();
    }
}

section! {
    /// Signing in through others. The providers themselves are set up in the console.
    Social = "social" {
        /// Seconds a provider has to answer.
        timeout: Seconds = Seconds(10);
    }
}

section! {
    /// Notifications over a WebSocket.
    Live = "live" {
        /// Most connections at once on this node; further ones are answered 503. Never more than half of
        /// `server.max_connections`.
        connections: u64 = 1024;
        /// Most connections at once of one user on this node.
        connections_per_user: u64 = 8;
        /// Seconds between two looks at whether the token of an open connection is still good. Each look sends a ping.
        recheck: Seconds = Seconds(15);
    }
}

section! {
    /// Work behind the requests: mails and clearing up.
    Worker = "worker" {
        /// Whether `serve` works the queue too; otherwise run `sereno worker` beside it.
        enabled: bool = true;
        /// Jobs worked on at once.
        concurrency: u64 = 4;
        /// Most attempts of a job. The waits between them grow to an hour: 16 attempts take some six hours.
        max_attempts: u64 = 16;
        /// Seconds after which a job whose worker fell silent is given to another.
        lease: Seconds = Seconds(120);
        /// Days that ended sessions, used links and finished jobs are kept.
        keep_days: u64 = 90;
        /// Days that events are kept. 0: for ever.
        keep_events_days: u64 = 400;
    }
}

section! {
    /// The log, on standard error.
    Log = "log" {
        /// `error`, `warn`, `info`, `debug` or `trace`; or a list such as `info,sereno_core=debug`.
        level: String = "info".to_owned();
        /// `text` for people, `json` for machines.
        format: String = "text".to_owned();
    }
}
