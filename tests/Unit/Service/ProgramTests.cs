using CliWrap;
using CliWrap.Buffered;
using VirtHandover.Service;

namespace VirtHandover.Tests.Unit.Service;

/// <summary>The program itself, as a process: what it says and how it ends.</summary>
public sealed class ProgramTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task It_tells_its_version_and_what_it_does_not_know()
    {
        Assert.StartsWith("virt-handoverd ", (await RunAsync("--version")).StandardOutput, StringComparison.Ordinal);
        var unknown = await RunAsync("--no-such\u001b");
        Assert.Equal(ExitCode.Usage, unknown.ExitCode);
        Assert.StartsWith("virt-handoverd does not know \"--no-such\\u001B\".", unknown.StandardError, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_malformed_configuration_keeps_it_from_starting()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "test.conf"), "[Service]\nMode=maybe\n");
        foreach (var argument in new[] { "", "--check-config" })
        {
            var result = await RunAsync(argument);
            if (argument.Length == 0 && !Environment.IsPrivilegedProcess)
            {
                Assert.Equal(ExitCode.NoPermission, result.ExitCode);
                continue;
            }

            Assert.Equal(ExitCode.Configuration, result.ExitCode);
            Assert.Equal($"<3>{_directory.Path}/test.conf, line 2: Mode=maybe is not valid; Mode is ask, auto or never.\n", result.StandardError);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_right_configuration_is_called_valid()
    {
        Assert.StartsWith("There is no file ", (await RunAsync("--check-config")).StandardOutput, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "test.conf"), "[Service]\nMode=auto\n");
        Assert.Equal(ExitCode.Ok, (await RunAsync("--check-config")).ExitCode);
    }

    private async Task<BufferedCommandResult> RunAsync(string argument) => await Cli.Wrap(Environment.ProcessPath!)
        .WithArguments([Path.Combine(AppContext.BaseDirectory, "virt-handoverd.dll"), .. argument.Length == 0 ? Array.Empty<string>() : [argument]])
        .WithEnvironmentVariables(new Dictionary<string, string?>
        {
            ["VIRT_HANDOVER_CONFIG"] = Path.Combine(_directory.Path, "test.conf"),
            ["STATE_DIRECTORY"] = Path.Combine(_directory.Path, "state"),
            ["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=/nowhere",
        })
        .WithValidation(CommandResultValidation.None)
        .ExecuteBufferedAsync();
}
