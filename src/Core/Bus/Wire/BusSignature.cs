namespace VirtHandover.Bus.Wire;

/// <summary>Takes signatures apart (D-Bus specification, "Type System").</summary>
internal static class BusSignature
{
    private const string Basic = "ybnqiuxtdsogh";
    private const int MostBytes = 255;

    /// <summary>How long the first complete type of a signature is.</summary>
    /// <param name="signature">One or several types.</param>
    /// <returns>Characters; at least one.</returns>
    /// <exception cref="BusException"><see cref="BusErrorNames.InvalidArgs"/>: there is none.</exception>
    internal static int LengthOfOne(ReadOnlySpan<char> signature)
    {
        if (signature.Length is > 0 and <= MostBytes)
        {
            switch (signature[0])
            {
                case 'v':
                    return 1;
                case var basic when Basic.Contains(basic):
                    return 1;
                case 'a' when signature is [_, '{', var key, _, ..] && Basic.Contains(key):
                    var value = LengthOfOne(signature[3..]);
                    if (signature.Length > 3 + value && signature[3 + value] == '}')
                        return 4 + value;
                    break;
                case 'a':
                    return 1 + LengthOfOne(signature[1..]);
                case '(':
                    var end = 1;
                    while (end < signature.Length && signature[end] != ')')
                        end += LengthOfOne(signature[end..]);
                    if (end > 1 && end < signature.Length)
                        return end + 1;
                    break;
            }
        }

        throw new BusException(BusErrorNames.InvalidArgs, $"\"{signature}\" does not begin with a D-Bus type.");
    }

    /// <summary>Whether a text consists of complete types.</summary>
    internal static bool IsValid(string text)
    {
        try
        {
            for (var at = 0; at < text.Length;)
                at += LengthOfOne(text.AsSpan(at));
            return text.Length <= MostBytes;
        }
        catch (BusException)
        {
            return false;
        }
    }
}
