//! `sereno template`: mails as files, and drafts into use.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use sereno_core::config::Config;
use sereno_core::context::{Actor, RequestMeta};
use sereno_core::templates::files::{self, Files};
use sereno_core::templates::publish;
use sereno_core::{Sereno, access};
use sereno_types::{EmailImportOutcome as Done, ImportEmailTemplates, PublishEmailTemplate};

use super::{Failed, Outcome, say, sentence, start};

/// Largest file that is read, in bytes.
const FILE_MAX: u64 = 512 * 1_024;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Write every template as it is in use: `DIR/<name>/<language>.{subject.txt,txt,html}`, and `template.json` of your own
    Export {
        /// The folder; it is made if it is not there
        dir: PathBuf,
    },
    /// Publish a draft, and print the version that it becomes
    Publish {
        /// The template's name
        name: String,
        /// The language
        language: String,
        /// What was changed, and why; what the draft says when absent
        #[arg(long)]
        note: Option<String>,
    },
    /// Read templates in: what differs from what is in use becomes the draft; your own are made where there are none
    Import {
        /// The folder
        dir: PathBuf,
        /// Publish the drafts
        #[arg(long)]
        publish: bool,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
        /// Write over drafts that are not published
        #[arg(long)]
        force: bool,
    },
}

pub(super) async fn run(command: Command, config: Config) -> Outcome {
    let sereno = start(config, Vec::new()).await?;
    let done = match command {
        Command::Export { dir } => export(&sereno, &dir).await,
        Command::Publish { name, language, note } => publish(&sereno, (&name, &language), note).await,
        Command::Import {
            dir,
            publish,
            dry_run,
            force,
        } => {
            let command = ImportEmailTemplates {
                templates: Vec::new(),
                publish,
                dry_run,
                force,
            };
            import(&sereno, &dir, command).await
        }
    };
    sereno.db.close().await;
    done
}

async fn publish(sereno: &Sereno, mail: (&str, &str), note: Option<String>) -> Outcome {
    let staff = access::staff(sereno, &Actor::System).await.map_err(told)?;
    let command = PublishEmailTemplate { note };
    let published = publish::publish(sereno, &RequestMeta::default(), &staff, mail, command)
        .await
        .map_err(told)?;
    say(&published.live.map_or(0, |live| live.row.version).to_string());
    Ok(())
}

async fn export(sereno: &Sereno, dir: &Path) -> Outcome {
    let staff = access::staff(sereno, &Actor::System).await.map_err(told)?;
    let file = files::export(sereno, &staff, None).await.map_err(told)?;
    let files = files::to_files(file).map_err(told)?;
    for (path, text) in &files {
        let path = dir.join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, text).map_err(|error| Failed(format!("{}: {error}", path.display())))?;
    }
    say(&format!("{} files", files.len()));
    Ok(())
}

async fn import(sereno: &Sereno, dir: &Path, mut command: ImportEmailTemplates) -> Outcome {
    command.templates = files::from_files(&read(dir)?).map_err(Failed)?;
    let dry_run = command.dry_run;
    let staff = access::staff(sereno, &Actor::System).await.map_err(told)?;
    let imported = files::import(sereno, &RequestMeta::default(), &staff, command)
        .await
        .map_err(told)?;
    let mut refused = 0;
    for one in &imported {
        let outcome = match one.outcome {
            Done::Unchanged => continue,
            Done::Drafted | Done::Published | Done::Changed if dry_run => "differs".to_owned(),
            Done::Made if dry_run => "is new".to_owned(),
            Done::Made => "made".to_owned(),
            Done::Changed => "changed".to_owned(),
            Done::Drafted => "draft".to_owned(),
            Done::Published => "published".to_owned(),
            Done::Kept => {
                refused += 1;
                "kept: there is another draft; --force writes over it".to_owned()
            }
            Done::Refused => {
                refused += 1;
                format!("refused: {}", one.reason.as_deref().unwrap_or_default())
            }
        };
        let language = one.language.as_deref().map(|language| format!("/{language}"));
        say(&format!("{}{}: {outcome}", one.name, language.unwrap_or_default()));
    }
    if refused == 0 {
        Ok(())
    } else {
        Err(Failed(format!("{refused} of {} were refused", imported.len())))
    }
}

fn told(error: sereno_core::Error) -> Failed {
    Failed(sentence(error))
}

/// The files of a folder and of the folders in it. Others than ours are passed over.
fn read(dir: &Path) -> Result<Files, Failed> {
    let at = |path: &Path, error: std::io::Error| Failed(format!("{}: {error}", path.display()));
    let mut files = Files::new();
    for entry in std::fs::read_dir(dir).map_err(|error| at(dir, error))? {
        let folder = entry?.path();
        let Some(name) = folder
            .file_name()
            .and_then(|name| name.to_str())
            .filter(|_| folder.is_dir())
        else {
            continue;
        };
        for entry in std::fs::read_dir(&folder).map_err(|error| at(&folder, error))? {
            let path = entry?.path();
            let Some(file) = path.file_name().and_then(|file| file.to_str()) else {
                continue;
            };
            let end = path.extension().and_then(|end| end.to_str());
            if !path.is_file() || !(matches!(end, Some("txt" | "html")) || file == "template.json") {
                continue;
            }
            if path.metadata().map_err(|error| at(&path, error))?.len() > FILE_MAX {
                return Err(Failed(format!("{}: larger than {FILE_MAX} bytes", path.display())));
            }
            let text = std::fs::read_to_string(&path).map_err(|error| at(&path, error))?;
            files.insert(format!("{name}/{file}"), text);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_as_it_is_written() {
        let dir = std::env::temp_dir().join(format!("sereno-templates-{}", std::process::id()));
        std::fs::create_dir_all(dir.join("activation")).unwrap();
        std::fs::write(dir.join("activation/en.txt"), "Hello\n").unwrap();
        std::fs::write(dir.join("activation/notes.md"), "x").unwrap();
        std::fs::write(dir.join("activation/notes.json"), "x").unwrap();
        std::fs::write(dir.join("activation/template.json"), "{}").unwrap();
        std::fs::write(dir.join("README.txt"), "x").unwrap();
        let files = read(&dir).unwrap_or_else(|Failed(why)| panic!("{why}"));
        assert_eq!(
            files,
            Files::from([
                ("activation/en.txt".to_owned(), "Hello\n".to_owned()),
                ("activation/template.json".to_owned(), "{}".to_owned()),
            ])
        );
        std::fs::remove_dir_all(&dir).unwrap();
        assert!(read(&dir).is_err());
    }
}
