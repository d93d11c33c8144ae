using VirtHandover.Bus.Client;

namespace VirtHandover.Tui.Cli;

/// <summary>Everything a verb needs from outside, so that tests can give it something else.</summary>
internal sealed record CliContext
{
    /// <summary>Data.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Messages.</summary>
    public required TextWriter Error { get; init; }

    public required TextReader In { get; init; }

    public required TerminalTraits Traits { get; init; }

    /// <summary>Clock and local time zone.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Connects to the service; throws <see cref="ServiceException"/>.</summary>
    public required Func<CancellationToken, Task<IHandoverService>> Connect { get; init; }

    /// <summary>Connects to the service of another machine; as above.</summary>
    public required Func<IRemoteBus, CancellationToken, Task<IHandoverService>> ConnectTo { get; init; }

    /// <summary>The machine that is meant; null for this one.</summary>
    public RemoteHost? Host { get; init; }

    /// <summary>The program with what has to stand before a verb to mean the same machine.</summary>
    public string Program => Host is null ? CommandLine.Name : $"{CommandLine.Name} --host {Host.Text}";

    /// <summary>Opens the screen; gives the exit code.</summary>
    public required Func<ScreenOptions, CliContext, CancellationToken, Task<int>> OpenScreen { get; init; }

    /// <summary>The same on another machine.</summary>
    /// <param name="host">The machine; null for this one.</param>
    /// <param name="mayAsk">Whether ssh may ask for a password on the terminal.</param>
    public CliContext On(RemoteHost? host, bool mayAsk) => host is null
        ? this
        : this with { Host = host, Connect = cancellationToken => ConnectTo(new SshBus(host, mayAsk), cancellationToken) };

    public DateTimeOffset Now => Time.GetUtcNow();

    public TimeZoneInfo Zone => Time.LocalTimeZone;
}

/// <summary>How the screen is opened.</summary>
/// <param name="Color">False for a monochrome screen.</param>
internal sealed record ScreenOptions(bool Color);
