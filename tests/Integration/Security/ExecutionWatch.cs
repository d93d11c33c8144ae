using System.Diagnostics;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>Sees each program that root executes in the lab and that somebody else could have written; see <c>execs.c</c>.</summary>
internal sealed class ExecutionWatch : IDisposable
{
    private readonly Process _watcher;
    private readonly List<string> _seen = [];

    private ExecutionWatch(Process watcher) => _watcher = watcher;

    /// <summary>Starts it, and has it see one such program, so that a watch that sees nothing is not taken for a host on which nothing is.</summary>
    public static async Task<ExecutionWatch> Start()
    {
        Directory.CreateDirectory(HostileQemu.Tools);
        string program = HostileQemu.Tools + "/execs", proof = HostileQemu.Tools + "/proof";
        await Shell.Run("gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, Path.Combine(AppContext.BaseDirectory, "Security", "execs.c"));
        File.Copy("/bin/true", proof, overwrite: true);
        await Shell.Run("chown", "4242", proof);
        var watcher = new Process { StartInfo = new ProcessStartInfo(program) { RedirectStandardOutput = true } };
        watcher.Start();
        var watch = new ExecutionWatch(watcher);
        watcher.OutputDataReceived += (_, line) => watch.Add(line.Data);
        watcher.BeginOutputReadLine();
        await Eventually.Until("the watch is ready", () => Task.FromResult(watch.Take().Contains("ready")));
        await Shell.Run(proof);
        await Eventually.Until(
            "the watch has seen a program of somebody else's", () => Task.FromResult(watch.Take().Any(line => line.EndsWith(proof, StringComparison.Ordinal))));
        return watch;
    }

    /// <summary>What was seen since this was asked last.</summary>
    public IReadOnlyList<string> Take()
    {
        lock (_seen)
        {
            string[] seen = [.. _seen];
            _seen.Clear();
            return seen;
        }
    }

    public bool IsOver => _watcher.HasExited;

    public void Dispose()
    {
        _watcher.Kill();
        _watcher.Dispose();
    }

    private void Add(string? line)
    {
        lock (_seen)
        {
            if (line is not null)
                _seen.Add(line);
        }
    }
}
