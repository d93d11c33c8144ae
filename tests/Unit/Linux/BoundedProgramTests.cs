using System.Text;
using VirtHandover.Linux;

namespace VirtHandover.Tests.Unit.Linux;

public sealed class BoundedProgramTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public async Task What_it_says_and_how_it_ends_is_told()
    {
        var end = await Shell("echo out; echo wrong >&2; cat; exit 3").RunAsync(CancellationToken.None);
        Assert.Equal(new ProgramEnd(3, "out\n", "wrong\n", ""), end);
    }

    [Fact]
    public async Task It_runs_where_it_is_told_to_with_the_variables_that_it_is_given()
    {
        var program = Shell("pwd; echo $MARK $HOME; echo last >&2") with
        {
            Directory = "/usr",
            Environment = new Dictionary<string, string?> { ["MARK"] = "set", ["HOME"] = null },
            IsOneText = true,
        };
        Assert.Equal(new ProgramEnd(0, "/usr\nset\nlast\n", "", ""), await program.RunAsync(CancellationToken.None));
    }

    // More than a pipe holds, on both: nobody waits for anybody.
    [Fact]
    public async Task Of_too_many_words_the_first_are_kept_and_the_program_ends()
    {
        var end = await (Shell("head -c 300000 /dev/zero | tr '\\0' o; head -c 300000 /dev/zero | tr '\\0' e >&2") with { MostBytes = 1000 }).RunAsync(CancellationToken.None);
        Assert.Equal(new ProgramEnd(0, new string('o', 1000), new string('e', 1000), ""), end);
    }

    [Fact]
    public async Task A_character_in_two_pieces_is_one_and_one_that_is_cut_through_is_none()
    {
        const string Text = "\"äöü€𝄞\"";
        var bytes = Encoding.UTF8.GetBytes(Text);
        for (var most = 0; most <= bytes.Length; most++)
        {
            var kept = new KeptOutput(most);
            await kept.ReadAsync(new Pieces(bytes), CancellationToken.None);
            Assert.StartsWith(kept.Text, Text, StringComparison.Ordinal);
            Assert.InRange(most - Encoding.UTF8.GetByteCount(kept.Text), 0, 3);
        }
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_marked()
    {
        var end = await Shell("printf 'a\\377b\\303'").RunAsync(CancellationToken.None);
        Assert.Equal("a\ufffdb\ufffd", end.Output);
    }

    [Theory]
    [InlineData("exec sleep 600")]
    [InlineData("yes")]
    public async Task One_that_never_ends_is_killed(string script)
    {
        var program = Shell($"echo $$ > {_directory.Path}/pid; {script}") with { Limit = Short };
        var end = await program.RunAsync(CancellationToken.None);
        Assert.Equal((null, "did not end within 0.3 s"), (end.ExitCode, end.Failure));
        await GoneAsync();
    }

    [Fact]
    public async Task One_that_ends_and_leaves_a_child_with_its_pipe_holds_nobody_up()
    {
        var program = Shell($"sleep 600 & echo $! > {_directory.Path}/pid; echo out") with { Limit = Short };
        var end = await program.RunAsync(CancellationToken.None).WaitAsync(Patience);
        Assert.Equal((null, "did not end within 0.3 s"), (end.ExitCode, end.Failure));
        using var left = System.Diagnostics.Process.GetProcessById(int.Parse(File.ReadAllText($"{_directory.Path}/pid"), System.Globalization.CultureInfo.InvariantCulture));
        left.Kill();
    }

    [Theory]
    [InlineData("vh-no-such-program")]
    [InlineData("/nowhere/program")]
    public async Task One_that_is_not_there_is_said_to_be_missing(string name)
    {
        var end = await new BoundedProgram(name, [], Patience).RunAsync(CancellationToken.None);
        Assert.Null(end.ExitCode);
        Assert.StartsWith("could not be started: ", end.Failure, StringComparison.Ordinal);
        Assert.Equal((null, end.Failure), await BoundedProgram.AskAsync(name, [], Patience, CancellationToken.None));
    }

    [Theory]
    [InlineData("echo $LC_ALL", "C\n", "")]
    [InlineData("exit 4", null, "ended with code 4")]
    [InlineData("echo no >&2; echo more >&2; exit 4", null, "ended with code 4: no")]
    public async Task An_answer_is_its_output_or_a_reason(string script, string? output, string failure) =>
        Assert.Equal((output, failure), await BoundedProgram.AskAsync("sh", ["-c", script], Patience, CancellationToken.None));

    [Fact]
    public async Task A_late_answer_is_none() =>
        Assert.Equal((null, "did not answer within 0.3 s"), await BoundedProgram.AskAsync("sleep", ["600"], Short, CancellationToken.None));

    [Fact]
    public async Task Whoever_gives_up_gets_no_answer()
    {
        using var stop = new CancellationTokenSource();
        var asking = Shell($"echo $$ > {_directory.Path}/pid; exec sleep 600").RunAsync(stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    public void Dispose() => _directory.Dispose();

    private static BoundedProgram Shell(string script) => new("/bin/sh", ["-c", script], Patience);

    // Killed, it is there until its parent has looked at it.
    private async Task GoneAsync()
    {
        var file = $"/proc/{File.ReadAllText($"{_directory.Path}/pid").Trim()}";
        using var limit = new CancellationTokenSource(Patience);
        while (Directory.Exists(file))
            await Task.Delay(10, limit.Token);
    }

    // A pipe that gives a byte at a time.
    private sealed class Pieces(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(1, buffer.Length)], cancellationToken);
    }
}
