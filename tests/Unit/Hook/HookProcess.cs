using System.Diagnostics;

namespace VirtHandover.Tests.Unit.Hook;

/// <summary>The real program, as rpm's trigger starts it.</summary>
internal static class HookProcess
{
    // The contract says 5 s. A loaded machine is slower, and "for ever" is what has to be told apart.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(40);

    /// <param name="busAddress">Its system bus.</param>
    /// <param name="runDirectory">Where the stamp goes.</param>
    /// <param name="write">Writes its standard input, which is closed afterwards unless this never ends.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>Exit status and everything that it printed.</returns>
    internal static async Task<(int Status, string Output)> RunAsync(string busAddress, string runDirectory, Func<StreamWriter, Task> write, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "virt-handover-notify.dll"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DBUS_SYSTEM_BUS_ADDRESS"] = busAddress;
        start.Environment["VIRT_HANDOVER_RUN_DIRECTORY"] = runDirectory;
        using var process = Process.Start(start)!;
        try
        {
            // To the end of both: a child that kept them open would be noticed here.
            var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            var input = WriteAsync(process.StandardInput, write);
            await process.WaitForExitAsync().WaitAsync(s_limit);
            return (process.ExitCode, string.Concat(await output.WaitAsync(s_limit)));
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    internal static Task<(int Status, string Output)> RunAsync(string busAddress, string runDirectory, params string[] lines) =>
        RunAsync(busAddress, runDirectory, input => input.WriteAsync(string.Concat(lines.Select(line => line + "\n"))));

    private static async Task WriteAsync(StreamWriter input, Func<StreamWriter, Task> write)
    {
        try
        {
            await write(input);
            input.Close();
        }
        catch (IOException)
        {
            // The hook has ended already; it need not read what is not its business.
        }
    }
}
