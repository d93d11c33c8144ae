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

    /// <summary>Opens the screen; gives the exit code.</summary>
    public required Func<ScreenOptions, CliContext, CancellationToken, Task<int>> OpenScreen { get; init; }

    public DateTimeOffset Now => Time.GetUtcNow();

    public TimeZoneInfo Zone => Time.LocalTimeZone;
}

/// <summary>How the screen is opened.</summary>
/// <param name="Color">False for a monochrome screen.</param>
internal sealed record ScreenOptions(bool Color);
