using System.Diagnostics;
using System.Globalization;
using System.IO.Hashing;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Records;
using VirtHandover.Handover.Recovery;
using VirtHandover.Libvirt;
using VirtHandover.Linux.Proc;
using VirtHandover.Qemu;
using VirtHandover.Tests.Unit.Handover.Records;

namespace VirtHandover.Tests.Unit.Fuzz;

/// <summary>
/// The parsers of what others wrote: they give what they promise or the exception they declare, and nothing else. Every
/// run replays the corpus and tries new damage for a second each; <c>make fuzz SECONDS=600</c> tries longer. What breaks one is
/// kept in the corpus.
/// </summary>
public class FuzzTests
{
    [Theory]
    [InlineData("journal")]
    [InlineData("qmp-lines")]
    [InlineData("status/good")]
    [InlineData("status/bad")]
    [InlineData("starts")]
    public void What_is_damaged_is_read_or_refused(string corpus)
    {
        IReadOnlyList<byte[]> seeds = [.. Corpus.Files(corpus).Select(File.ReadAllBytes)];
        Action<byte[]> parser = ParserOf(corpus);
        foreach (byte[] seed in seeds)
            parser(seed);

        string? seconds = Environment.GetEnvironmentVariable("VHFUZZ_SECONDS");
        var limit = TimeSpan.FromSeconds(seconds is null ? 1 : int.Parse(seconds, CultureInfo.InvariantCulture));
        // Every run tries something else; what it finds is kept, so nothing depends on finding it twice.
        var mutator = new Mutator(seeds, Environment.TickCount);
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < limit)
        {
            byte[] input = mutator.Next();
            try
            {
                parser(input);
            }
            catch (Exception exception)
            {
                string kept = Path.Combine(Repository.Root, "tests", "corpus", corpus, $"found-{Crc32.HashToUInt32(input):x8}");
                File.WriteAllBytes(kept, input);
                Assert.Fail($"An input broke the parser of {corpus}; it is kept as {kept}. {exception}");
            }
        }
    }

    private static Action<byte[]> ParserOf(string corpus) => corpus switch
    {
        "journal" => Journal,
        "qmp-lines" => Qmp,
        "starts" => Process,
        _ => Status,
    };

    // Never an exception; and whatever survived leads to one of the known actions.
    private static void Journal(byte[] input)
    {
        if (HandoverTrace.Of(HandoverJournal.Parse(input)) is { } trace)
            _ = RecoveryDecision.Decide(trace, new ObservedWorld(SameBoot: true, SourceAlive: true, TargetAlive: true));
    }

    private static void Qmp(byte[] input)
    {
        try
        {
            _ = QmpMessageReader.Read(input, "a liar");
        }
        catch (QmpProtocolException refusal)
        {
            Assert.Contains("a liar", refusal.Message, StringComparison.Ordinal);
        }
    }

    // What a process shows as its command line or environment: judged, in few words; or no text.
    private static void Process(byte[] input)
    {
        try
        {
            var words = ProcessCommandLine.Parse("/proc/1/cmdline", [.. input.Select(value => value == (byte)'\n' ? (byte)0 : value)]);
            Assert.InRange(LineCheck.Problems(words, Start.Shared.Facts).Count, 0, 8);
            Assert.InRange(LineCheck.Problems(words, Start.Shared.Facts, wasMoved: true).Count, 0, 8);
            var environment = LibvirtEnvironment.Of(words, Start.Shared.Facts, []);
            Assert.InRange(environment.Problems.Count, 0, 8);
            Assert.All(environment.Variables, variable => Assert.DoesNotMatch("^(LD_|GLIBC_|BASH_)", variable));
        }
        catch (ProcException refusal)
        {
            Assert.Contains("/proc/1/cmdline", refusal.Message, StringComparison.Ordinal);
        }
    }

    private static void Status(byte[] input)
    {
        try
        {
            StatusFile file = StatusFile.Parse("/run/x.xml", input);
            _ = (file.ProcessId, file.MonitorPath, file.Job, file.HasBlockJobs, file.HasBackup, file.Domain.Emulator, file.Ptys);
            Assert.Equal(4711, StatusFile.Parse("/run/x.xml", file.Apply(new StatusFileEdit { ProcessId = 4711 })).ProcessId);
        }
        catch (StatusFileException refusal)
        {
            Assert.Contains("/run/x.xml", refusal.Message, StringComparison.Ordinal);
        }
    }
}
