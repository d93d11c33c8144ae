using System.Globalization;
using System.Text.Json;
using CliWrap;

namespace VirtHandover.Bench.Lab;

/// <summary>What was seen of a guest from outside while something happened.</summary>
/// <param name="GapMilliseconds">The longest silence of its 1 kHz stream.</param>
/// <param name="PacketsLost">Datagrams of the stream that never came.</param>
/// <param name="AnswerGapMilliseconds">The longest silence of its answers.</param>
/// <param name="AnswersLost">Questions that were never answered.</param>
internal sealed record Silence(double GapMilliseconds, long PacketsLost, double AnswerGapMilliseconds, long AnswersLost);

/// <summary>
/// Listens to a guest and asks it, by two programs of their own that use the kernel's time of arrival: neither this program's
/// garbage collection nor its scheduling is in the figures.
/// </summary>
internal sealed class OutsideView : IAsyncDisposable
{
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _kill = new();
    private readonly string _address;
    private readonly Task<string> _listener;
    private readonly Task<string> _asker;

    private OutsideView(string address, int echoHertz)
    {
        _address = address;
        _listener = Listen(["listen"]);
        _asker = Listen(["echo", address, echoHertz.ToString(CultureInfo.InvariantCulture)]);
    }

    /// <summary>Begins, and returns when both have been at it for a moment.</summary>
    public static async Task<OutsideView> Begin(string address, int echoHertz)
    {
        var view = new OutsideView(address, echoHertz);
        await Task.Delay(Settle);
        return view;
    }

    /// <summary>Waits a moment for what comes late, and ends.</summary>
    public async Task<Silence> End()
    {
        await Task.Delay(Settle);
        await _stop.CancelAsync();
        _kill.CancelAfter(TimeSpan.FromSeconds(10));
        return Parse(_address, await _listener, await _asker);
    }

    /// <exception cref="BenchException">A program gave no figures.</exception>
    internal static Silence Parse(string address, string listener, string asker)
    {
        foreach (var line in listener.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var record = JsonDocument.Parse(line);
            if (record.RootElement.GetProperty("ip").GetString() != address)
                continue;
            using var answers = JsonDocument.Parse(asker);
            return new Silence(
                record.RootElement.GetProperty("longestGapMs").GetDouble(),
                record.RootElement.GetProperty("lost").GetInt64(),
                answers.RootElement.GetProperty("longestGapMs").GetDouble(),
                answers.RootElement.GetProperty("lost").GetInt64());
        }

        throw new BenchException($"No datagram of {address} was seen.");
    }

    public async ValueTask DisposeAsync()
    {
        await _kill.CancelAsync();
        await Task.WhenAll(_listener, _asker).ContinueWith(_ => { }, TaskScheduler.Default);
        _stop.Dispose();
        _kill.Dispose();
    }

    // The graceful token sends SIGINT, upon which the probe prints what it has.
    private async Task<string> Listen(string[] arguments)
    {
        var output = new System.Text.StringBuilder();
        try
        {
            await Cli.Wrap("probe").WithArguments(arguments).WithValidation(CommandResultValidation.None)
                .WithStandardOutputPipe(PipeTarget.ToStringBuilder(output))
                .ExecuteAsync(_kill.Token, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            // CliWrap reports a graceful end like this too.
        }

        return output.ToString();
    }
}
