namespace VirtHandover.Tests.Unit.Fuzz;

/// <summary>Damages known inputs as disks, networks and other people's programs do: flipped, cut, doubled, spliced, blown up.</summary>
internal sealed class Mutator(IReadOnlyList<byte[]> seeds, int seed)
{
    private static readonly string[] Tokens =
    [
        "0", "-1", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616", "1e999", "NaN", "\0", "\n", "\r", "\t", "\f",
        "\u0085", "\u2028", "\"", "{", "[", "}", "]", ",", ":", "=", "null", "\\u0000", "\\ud800", "\ufffd", "<", "</", "&x;", "'", "..", "/",
    ];

    private static readonly string[] Numbers =
    [
        "0", "-1", "1", "255", "65536", "2147483647", "2147483648", "4294967295", "4294967296", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "18446744073709551615", "18446744073709551616", "99999999999999999999999999", "0.5", "1e999", "",
    ];

    private readonly Random _random = new(seed);

    public byte[] Next()
    {
        List<byte> input = [.. Pick(seeds)];
        for (int i = _random.Next(1, 6); i > 0; i--)
            Damage(input);
        return [.. input];
    }

    private void Damage(List<byte> input)
    {
        int at = _random.Next(input.Count + 1);
        int length = Math.Min(_random.Next(1, 64), input.Count - at);
        switch (_random.Next(8))
        {
            case 0 when at < input.Count:
                input[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1:
                input.RemoveRange(at, input.Count - at);
                break;
            case 2:
                input.RemoveRange(at, length);
                break;
            case 3:
                input.InsertRange(at, input.GetRange(at, length));
                break;
            case 4:
                byte[] other = Pick(seeds);
                int from = _random.Next(other.Length + 1);
                input.InsertRange(at, other.AsSpan(from, Math.Min(other.Length - from, _random.Next(256))));
                break;
            case 5:
                input.InsertRange(at, System.Text.Encoding.UTF8.GetBytes(Pick(Tokens)));
                break;
            case 6:
                ReplaceNumber(input, at);
                break;
            default:
                input.InsertRange(at, Enumerable.Repeat((byte)_random.Next(256), _random.Next(1, 4096)));
                break;
        }
    }

    // Whole, so that it stays a number: the next one behind a place, or else the first.
    private void ReplaceNumber(List<byte> input, int at)
    {
        int from = input.FindIndex(at, IsDigit) is var next and >= 0 ? next : input.FindIndex(IsDigit);
        if (from < 0)
            return;
        int to = input.FindIndex(from, value => !IsDigit(value)) is var end and >= 0 ? end : input.Count;
        input.RemoveRange(from, to - from);
        input.InsertRange(from, System.Text.Encoding.UTF8.GetBytes(Pick(Numbers)));
    }

    private static bool IsDigit(byte value) => value is >= (byte)'0' and <= (byte)'9';

    private T Pick<T>(IReadOnlyList<T> list) => list[_random.Next(list.Count)];
}
