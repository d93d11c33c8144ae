using System.Globalization;
using System.IO.Hashing;

namespace VirtHandover.Tests.Unit.Fuzz;

/// <summary>
/// The parsers of what others wrote (<see cref="FuzzTargets"/>): they give what they promise or the exception they declare, and nothing else, and soon.
/// Every run replays the corpus and tries the same damage for a second each; <c>make fuzz SECONDS=600</c> tries longer, and other damage each time. What
/// breaks one is kept in the corpus.
/// </summary>
public class FuzzTests
{
    /// <summary>Real inputs take some ms; only what grows with the square of an input's length takes this.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    public static TheoryData<string> Targets => [.. FuzzTargets.All.Keys];

    [Theory]
    [MemberData(nameof(Targets))]
    public void What_is_damaged_is_read_or_refused(string corpus)
    {
        IReadOnlyList<byte[]> seeds = [.. Corpus.Files(corpus).Select(File.ReadAllBytes)];
        Action<byte[]> parser = FuzzTargets.All[corpus];
        foreach (byte[] seed in seeds)
            parser(seed);

        string? seconds = Environment.GetEnvironmentVariable("VHFUZZ_SECONDS");
        var limit = TimeSpan.FromSeconds(seconds is null ? 1 : int.Parse(seconds, CultureInfo.InvariantCulture));
        // The suite's runs are alike; a long one tries something else each time, and what it finds is kept.
        var mutator = new Mutator(seeds, seconds is null ? 1 : Environment.TickCount);
        // Of this thread's own time: ten minutes are as much on a busy machine as on a quiet one.
        TimeSpan start = ThreadClock.Now;
        while (ThreadClock.Now - start < limit)
        {
            byte[] input = mutator.Next();
            TimeSpan began = ThreadClock.Now;
            try
            {
                parser(input);
            }
            catch (Exception exception)
            {
                Assert.Fail($"An input broke the parser of {corpus}; it is kept as {Keep(corpus, input)}. {exception}");
            }

            TimeSpan busy = ThreadClock.Now - began;
            if (busy > Longest)
                Assert.Fail($"An input kept the parser of {corpus} busy for {busy}; it is kept as {Keep(corpus, input)}.");
        }
    }

    [Fact]
    public void Every_corpus_has_a_parser()
    {
        // Programs, recordings of whole conversations and lists of libvirt's commands are no inputs of one parser.
        string[] others = ["programs", "qmp", "virsh"];
        string[] have = [.. Directory.GetDirectories(Corpus.Directory, "*", SearchOption.AllDirectories)
            .Where(directory => Directory.EnumerateFiles(directory).Any())
            .Select(directory => Path.GetRelativePath(Corpus.Directory, directory)).Except(others).Order(StringComparer.Ordinal)];
        Assert.Equal(FuzzTargets.All.Keys.Order(StringComparer.Ordinal), have);
    }

    private static string Keep(string corpus, byte[] input)
    {
        string kept = Path.Combine(Repository.Root, "tests", "corpus", corpus, $"found-{Crc32.HashToUInt32(input):x8}");
        File.WriteAllBytes(kept, input);
        return kept;
    }
}
