/**
 * Python that takes out of TensorFlow's wheel what is needed of its gigabyte: the libraries, and the few
 * headers that the binding includes. It prints the requirements on NVIDIA's libraries, one a line.
 * Arguments: the wheel, the folder for the libraries, the folder for the headers.
 */
export const unpackWheel = `
import sys, zipfile
wheel, libraries, headers = sys.argv[1:]
folders = ('tensorflow/c/', 'tensorflow/core/platform/', 'tsl/platform/', 'xla/tsl/c/')
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name.startswith('tensorflow/libtensorflow'):
            archive.extract(name, libraries)
        elif name.startswith(tuple('tensorflow/include/' + folder for folder in folders)):
            archive.extract(name, headers)
        elif name.endswith('.dist-info/METADATA'):
            for line in archive.read(name).decode().splitlines():
                if line.startswith('Requires-Dist: nvidia-'):
                    print(line.split(': ')[1].split(';')[0].strip())
`;
