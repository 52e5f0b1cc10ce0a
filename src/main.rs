//! The `tegl` binary: what was typed becomes one verb.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    tegl::cli::run()
}
