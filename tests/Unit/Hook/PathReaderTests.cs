using System.Text;
using CsCheck;
using VirtHandover.Hook;

namespace VirtHandover.Tests.Unit.Hook;

public class PathReaderTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("/a", "/a")]
    [InlineData("/a\n/b\n", "/a|/b")]
    [InlineData("/a\n\n/b", "/a||/b")]
    public void Lines_are_split_at_newlines(string input, string expected) =>
        Assert.Equal(expected, string.Join('|', Read(Encoding.UTF8.GetBytes(input))));

    [Fact]
    public void A_line_longer_than_a_path_can_be_is_skipped_and_the_next_one_is_not() =>
        Assert.Equal(
            ["/a", new string('y', PathReader.LongestPath), "/b"],
            Read(Encoding.UTF8.GetBytes(
                $"/a\n{new string('x', PathReader.LongestPath + 1)}\n{new string('x', 200_000)}\n{new string('y', PathReader.LongestPath)}\n/b\n")));

    [Fact]
    public void Whatever_the_pieces_are_the_lines_are_the_same() => Gen.Select(Gen.Char['a', 'c'].Array[0, 30].Array[0, 20], Gen.Int[1, 7])
        .Sample((lines, piece) =>
        {
            var expected = lines.Select(line => new string(line)).ToArray();
            var bytes = Encoding.UTF8.GetBytes(string.Concat(expected.Select(line => line + "\n")));
            Assert.Equal(expected, PathReader.Lines(new PiecewiseStream(bytes, piece)));
        });

    [Fact]
    public void Random_bytes_never_throw() => Gen.Byte.Array[0, 10_000].Sample(bytes => Read(bytes).All(line => line.Length <= PathReader.LongestPath));

    private static IEnumerable<string> Read(byte[] bytes) => PathReader.Lines(new MemoryStream(bytes));

    // A pipe gives what is there, not what was asked for.
    private sealed class PiecewiseStream(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(piece, buffer.Length)]);
    }
}
