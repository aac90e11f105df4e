//! Rebuilds the server when a file of the built site appears, changes or goes: `src/assets.rs` embeds them, and the
//! embedding alone would notice changed files only.

fn main() -> std::io::Result<()> {
    // A directory that is not there cannot be watched: cargo would run this again and again.
    std::fs::create_dir_all("../target/site")?;
    println!("cargo::rerun-if-changed=../target/site");
    Ok(())
}
