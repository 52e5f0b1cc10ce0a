//! The `tegl` binary: what was typed becomes one verb.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    // The allocator asks for huge pages, of which a server that keeps tiles touches a part each. Without them it takes a third
    // less memory. The call fails on kernels without huge pages.
    #[cfg(target_os = "linux")]
    let _unknown = rustix::thread::disable_transparent_huge_pages(true);
    tegl::cli::run()
}
