using VirtHandover.Detection;

namespace VirtHandover.Tests.Unit.Detection;

public sealed class EmulatorProbeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 60000)]
    public async Task The_answer_is_read_once_per_file()
    {
        string log = Path.Combine(_directory.Path, "log");
        string file = Script($"echo asked >> '{log}'; echo 'QEMU emulator version 7.2.22 (Debian 1)'");
        var probe = new EmulatorProbe();
        Assert.Equal(new EmulatorVersion("7.2.22", "Debian 1"), (await probe.AskAsync(file, "b", Environment.ProcessId, default)).Version);
        Assert.Equal(new EmulatorVersion("7.2.22", "Debian 1"), (await probe.AskAsync(file, "b", Environment.ProcessId, default)).Version);
        Assert.Equal(["asked"], await File.ReadAllLinesAsync(log));
    }

    [Theory(Timeout = 60000)]
    [InlineData(20, "echo hello", "does not answer --version as QEMU does")]
    [InlineData(20, "echo 'error while loading shared libraries: x' >&2; exit 127", "ended with code 127: error while loading shared libraries: x")]
    [InlineData(0.3, "exec sleep 600", "did not answer within 0.3 s")]
    [InlineData(0.3, "yes 'QEMU emulator version 1.0'", "did not answer within 0.3 s")]
    public async Task A_broken_one_is_named(double limit, string body, string failure)
    {
        var probe = new EmulatorProbe { Limit = TimeSpan.FromSeconds(limit) };
        Assert.Equal((null, failure), await probe.AskAsync(Script(body), "b", Environment.ProcessId, default));
    }

    [Fact(Timeout = 60000)]
    public async Task One_that_cannot_be_trusted_is_not_run()
    {
        string log = Path.Combine(_directory.Path, "log");
        string file = Script($"echo asked >> '{log}'");
        File.SetUnixFileMode(file, (UnixFileMode)0b111_111_111);
        Assert.Contains("can be written by others", (await new EmulatorProbe().AskAsync(file, "b", Environment.ProcessId, default)).Failure, StringComparison.Ordinal);
        File.SetUnixFileMode(file, (UnixFileMode)0b110_100_100);
        Assert.Contains("not executable", (await new EmulatorProbe().AskAsync(file, "b", Environment.ProcessId, default)).Failure, StringComparison.Ordinal);
        Assert.False(File.Exists(log));
    }

    [Fact(Timeout = 60000)]
    public async Task A_missing_one_is_said() =>
        Assert.Contains("cannot be opened", (await new EmulatorProbe().AskAsync("/nowhere", "b", Environment.ProcessId, default)).Failure, StringComparison.Ordinal);

    private string Script(string body) => _directory.Script("qemu", body);
}
