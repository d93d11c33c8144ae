using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using VirtHandover.Bus.Client;
using VirtHandover.Linux;

namespace VirtHandover.Tui.Cli;

/// <summary>
/// polkit's own prompt, <c>pkttyagent</c>, on this terminal, as systemctl has it: a user who is not root is asked for an administrator's
/// password. Where the session has an agent already, that one asks.
/// </summary>
internal sealed class PasswordAgent : IPasswordPrompt, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private Process? agent;

    /// <summary>Starts the agent, once.</summary>
    public async Task<bool> OpenAsync(CancellationToken cancellationToken)
    {
        if (agent is not null)
        {
            return !agent.HasExited;
        }

        // A desktop's agent goes before a fallback. Outside of a session there is none, and polkit 122 would not ask a fallback either.
        var self = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        string[] arguments = ["--process", self, "--notify-fd", "1"];
        var isInSession = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("XDG_SESSION_ID"));
        try
        {
            // It talks to the terminal itself, so that its standard output is free to say when it is ready.
#pragma warning disable RS0030 // By ProgramPath; CliWrap does not leave the terminal to it.
            agent = Process.Start(new ProcessStartInfo(ProgramPath.Of("pkttyagent"), isInSession ? [.. arguments, "--fallback"] : arguments) { RedirectStandardOutput = true });
#pragma warning restore RS0030
            await agent!.StandardOutput.ReadToEndAsync(cancellationToken).WaitAsync(Patience, cancellationToken).ConfigureAwait(false);
            return !agent.HasExited;
        }
        catch (Exception e) when (e is Win32Exception or TimeoutException)
        {
            return false;
        }
    }

    /// <summary>SIGTERM: it gives the terminal back as it found it.</summary>
    public void Dispose()
    {
        if (agent is null)
        {
            return;
        }

        try
        {
            using var handle = ProcessHandle.Open(agent.Id);
            handle.Terminate();
            _ = handle.WaitForExit(Patience);
        }
        catch (LinuxException)
        {
            // It has ended.
        }

        agent.Dispose();
    }
}
