//! What an authorizer costs: processor time for each call on a fresh instance, against the same loop with the decision
//! made natively.
//!
//! ```text
//! cargo run --profile fast -p edgewit-plugin --example authorizer_cost
//! ```
//!
//! Every decision is asserted. The ways are measured in turns, several rounds each, so that a machine that changes its
//! speed changes it for all. Prints the least and the median of the rounds in microseconds.
#![expect(clippy::print_stdout, clippy::panic, reason = "a program that prints figures or stops")]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use edgewit_plugin::{
    Caller, ContextValue, Decision, HostOptions, Plugin, PluginHost, PluginLimits, PluginRequest,
    PluginSettings,
};

#[path = "../tests/plugin/support.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "made for the tests, which use all of it")]
mod support;

/// Rounds of each way.
const ROUNDS: usize = 7;
/// Length of a round. Processor time is known to 10 ms, so this gives 2 %.
const ROUND: Duration = Duration::from_millis(500);
/// Calls between two looks at the clock.
const BATCH: u32 = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let host = PluginHost::new(HostOptions::default())?;
    let load = |name, bytes, key: &str, value: &str| {
        let config = [(key.to_owned(), value.to_owned())].into();
        host.load(
            name,
            bytes,
            PluginSettings { config, limits: PluginLimits::default(), ..PluginSettings::default() },
        )
    };
    let began = Instant::now();
    let tokens =
        load("tokens", support::TOKEN_AUTHORIZER, "tokens", "allow-alice allow alice\nother deny\n")?;
    println!("load, 28 KB component: {:.1} ms", began.elapsed().as_secs_f64() * 1e3);
    let one_header = load("one-header", support::MISBEHAVE, "greeting", "hello")?;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let request = request();
    let ways = [Way::Native, Way::Plugin(one_header), Way::Plugin(Arc::clone(&tokens))];
    let names = ["decided natively", "fresh instance, one header read", "fresh instance, token-authorizer"];
    let mut costs = [const { Vec::new() }; 3];
    for way in &ways {
        runtime.block_on(round(way, &request))?; // not counted: fills the pool
    }
    for _ in 0..ROUNDS {
        for (way, costs) in ways.iter().zip(&mut costs) {
            costs.push(runtime.block_on(round(way, &request))?);
        }
    }
    for (name, costs) in names.iter().zip(&mut costs) {
        costs.sort_by(f64::total_cmp);
        let (least, median) = (costs[0], costs[costs.len() / 2]);
        println!("{name:34} {least:6.2} least, {median:6.2} median, µs of processor time a call");
    }
    for threads in [1, 2] {
        println!(
            "{threads} thread(s): {:.0} token decisions a second",
            throughput(threads, &tokens, &request)?
        );
    }
    Ok(())
}

enum Way {
    Native,
    Plugin(Arc<Plugin>),
}

/// A request with the headers a browser sends.
fn request() -> Arc<dyn PluginRequest> {
    let mut request = support::Request::new().token("Bearer allow-alice").header("behave", "allow");
    for name in ["accept", "accept-encoding", "accept-language", "cache-control", "cookie", "host", "origin"]
    {
        request = request.header(name, "some value of ordinary length");
    }
    Arc::new(request)
}

async fn decide(way: &Way, request: &Arc<dyn PluginRequest>) -> Decision {
    match way {
        Way::Native => {
            let allowed = request.header("behave").is_some_and(|header| header == "allow");
            if !allowed {
                return Decision::Unauthorized;
            }
            let context = vec![("calls".to_owned(), ContextValue::Integer(0))];
            Decision::Allow(Caller { principal_id: "alice".to_owned(), context, usage_identifier_key: None })
        }
        Way::Plugin(authorizer) => match authorizer.authorize(Arc::clone(request)).await {
            Ok(decision) => decision,
            Err(error) => panic!("{error}"),
        },
    }
}

fn assert_alice(decision: &Decision) {
    let Decision::Allow(caller) = decision else { panic!("expected allow, found {decision:?}") };
    assert_eq!(caller.principal_id, "alice");
    assert!(!caller.context.is_empty());
}

/// Microseconds of processor time for each call, over one round.
async fn round(way: &Way, request: &Arc<dyn PluginRequest>) -> Result<f64, Box<dyn Error>> {
    let (began, cpu_before) = (Instant::now(), processor_time()?);
    let mut calls = 0;
    while began.elapsed() < ROUND {
        for _ in 0..BATCH {
            assert_alice(&decide(way, request).await);
        }
        calls += BATCH;
    }
    Ok((processor_time()? - cpu_before).as_secs_f64() * 1e6 / f64::from(calls))
}

/// Calls a second, with each thread calling as fast as it can.
fn throughput(
    threads: usize,
    authorizer: &Arc<Plugin>,
    request: &Arc<dyn PluginRequest>,
) -> Result<f64, Box<dyn Error>> {
    let began = Instant::now();
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let (way, request) = (Way::Plugin(Arc::clone(authorizer)), Arc::clone(request));
            std::thread::spawn(move || -> std::io::Result<u32> {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
                runtime.block_on(async {
                    let mut calls = 0;
                    while began.elapsed() < 4 * ROUND {
                        assert_alice(&decide(&way, &request).await);
                        calls += 1;
                    }
                    Ok(calls)
                })
            })
        })
        .collect();
    let mut calls = 0.0;
    for worker in workers {
        calls += f64::from(worker.join().map_err(|_| "a worker panicked")??);
    }
    Ok(calls / began.elapsed().as_secs_f64())
}

/// Processor time of this process so far, user and system, in steps of 10 ms.
fn processor_time() -> Result<Duration, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The second field is the program's name in parentheses and may hold spaces; user and system time are the 14th and
    // 15th field, proc(5), in hundredths of a second on every Linux that matters.
    let after_name = stat.rsplit_once(')').ok_or("no name in /proc/self/stat")?.1;
    let mut fields = after_name.split_whitespace().skip(11);
    let mut next = || -> Result<u64, Box<dyn Error>> { Ok(fields.next().ok_or("too few fields")?.parse()?) };
    Ok(Duration::from_millis(10 * (next()? + next()?)))
}
